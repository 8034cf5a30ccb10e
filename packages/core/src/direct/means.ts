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

/** Whether the bytes of a record have not arrived; undefined if that cannot be known, which is logged. Never rejects. */
export async function isPending(imgwire: DirectInstance, imageId: string): Promise<boolean | undefined> {
  try {
    return (await imgwire.retrieve(imageId)).status === 'PENDING';
  } catch (error) {
    if (isImgwireError(error) && error.code === 'IMAGE_NOT_FOUND') return false;
    imgwire.logger?.warn?.({ err: error, imageId }, 'A direct upload may be left PENDING at Imgwire');
    return undefined;
  }
}

/** Deletes a record whose bytes have not arrived. Never rejects: if that cannot be known, the record stays. */
export async function deletePending(imgwire: DirectInstance, imageId: string): Promise<void> {
  if (await isPending(imgwire, imageId)) await imgwire.discard(imageId);
}

/**
 * Deletes a record. Never rejects.
 *
 * @returns how its note ends: where the record may be left the note stays open, and the sweep deletes it
 */
export async function discardNoted(
  { imgwire, notes }: DirectMeans,
  imageId: string,
): Promise<'struck' | 'open'> {
  await imgwire.discard(imageId);
  if (!notes) return 'struck';
  return imgwire.retrieve(imageId).then(
    () => 'open',
    (error: unknown) => (isImgwireError(error) && error.code === 'IMAGE_NOT_FOUND' ? 'struck' : 'open'),
  );
}
