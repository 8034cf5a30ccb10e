import { ImgwireError } from '@imgwire/web';
import { cookies } from 'next/headers';

/** In place of your sign-in, whose cookie would say who it is and be signed. This one says only that a button was pressed. */
export const SESSION_COOKIE = 'nextjs-example-session';

/** Whether the request comes from somebody who is signed in. */
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
