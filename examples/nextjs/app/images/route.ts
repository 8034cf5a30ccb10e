import { imgwireUpload } from '@imgwire/web';
import { requireUser } from '@/lib/session';
import {
  recordedSteps,
  recordSteps,
} from '../../../shared/record-steps';

const upload = imgwireUpload({
  required: true,
  waitUntilReady: true,
  authorize: requireUser,
});
const save = upload.single('image').handler(({ image }) => {
  return Response.json({ id: image.id, steps: recordedSteps() });
});

/** Takes a form with one image, and responds once it is READY. */
export const POST = (request: Request): Promise<Response> =>
  recordSteps(() => save(request));
