import { isImgwireError } from '../errors.ts';
import type { Imgwire } from '../imgwire.ts';
import type { Lifetime } from './lifetime.ts';
import type { DirectNotes } from './notes.ts';
import type { Tickets } from './ticket.ts';

/** What direct uploads need of an instance. */
export type DirectInstance = Pick<Imgwire, 'createDirectUpload' | 'retrieve' | 'discard' | 'logger'>;

/** What every step of a direct upload needs. */
export interface DirectMeans {
  readonly imgwire: DirectInstance;
  readonly tickets: Tickets;
  readonly notes: DirectNotes | undefined;
  readonly lifetime: Lifetime;
}

/** How long after its ticket an upload may still be completed; then its record is deleted, in milliseconds. */
export const GRACE_MS = 60_000;

/** Deletes a record whose bytes have not arrived. Never rejects: if that cannot be known, the record stays. */
export async function deletePending(imgwire: DirectInstance, imageId: string): Promise<boolean> {
  try {
    const { status } = await imgwire.retrieve(imageId);
    if (status !== 'PENDING') return false;
  } catch (error) {
    if (isImgwireError(error) && error.code === 'IMAGE_NOT_FOUND') return true;
    imgwire.logger?.warn?.({ err: error, imageId }, 'A direct upload may be left PENDING at Imgwire');
    return false;
  }
  await imgwire.discard(imageId);
  return true;
}
