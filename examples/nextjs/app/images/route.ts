import { imgwireUpload } from '@imgwire/web';
import { requireUser } from '@/lib/session';

const upload = imgwireUpload({ required: true, waitUntilReady: true, authorize: requireUser });

/** Takes a form with one image, which is at Imgwire when this responds. */
export const POST = upload.single('image').handler(({ image }) => Response.json({ id: image.id }));
