import { imgwireDirectUpload } from '@imgwire/web';
import { requireUser } from '@/lib/session';

/** Lets the browser upload straight to Imgwire. With a sign-in of yours `subject` returns the user's id, and `onStored` keeps the image's. */
export const POST = imgwireDirectUpload({ authorize: requireUser, subject: () => 'the only user' });
