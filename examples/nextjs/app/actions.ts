'use server';

import { isImgwireError, reportFault } from '@imgwire/web';
import { revalidatePath } from 'next/cache';
import { cookies } from 'next/headers';
import { imgwire } from '@/lib/imgwire';
import { requireUser, SESSION_COOKIE } from '@/lib/session';

/** Signs in anyone who asks. */
export async function signIn(): Promise<void> {
  (await cookies()).set(SESSION_COOKIE, 'yes', { httpOnly: true, sameSite: 'lax' });
}

/** Ends the session. */
export async function signOut(): Promise<void> {
  (await cookies()).delete(SESSION_COOKIE);
}

/** Deletes an image. Resolves with the problem, if there is one, since Next.js hides what an action throws. */
export async function deleteImage(id: string): Promise<string | undefined> {
  const problem = await inWords(() => imgwire.delete(id));
  if (!problem) revalidatePath('/');
  return problem;
}

async function inWords(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await requireUser();
    await call();
    return undefined;
  } catch (error) {
    if (!isImgwireError(error)) throw error;
    reportFault(error);
    return error.message;
  }
}
