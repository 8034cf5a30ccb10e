import { ImgwireError } from '@imgwire/web';
import { cookies } from 'next/headers';

/** Replace this with your sign-in. Your cookie says who the user is, and is signed. This one only says that a button was pressed. */
export const SESSION_COOKIE = 'nextjs-example-session';

/** Whether the user is signed in. */
export async function isSignedIn(): Promise<boolean> {
  return (await cookies()).has(SESSION_COOKIE);
}

/**
 * For `authorize`, and for server actions: anyone can call one, not only the page that shows its button.
 *
 * @throws ImgwireError `UNAUTHORIZED`
 */
export async function requireUser(): Promise<true> {
  if (!(await isSignedIn())) throw new ImgwireError('UNAUTHORIZED');
  return true;
}
