import { imgwireUploadToken } from '@imgwire/web';
import { requireUser } from '@/lib/session';

/** Issues a token for one upload straight from the browser. */
export const POST = imgwireUploadToken({ authorize: requireUser });
