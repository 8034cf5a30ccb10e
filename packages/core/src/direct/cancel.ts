import type { Claims } from './claims.ts';
import { type DirectMeans, discardNoted, GRACE_MS, isPending } from './means.ts';
import type { NoteState } from './notes.ts';
import type { Ticket } from './ticket.ts';

/**
 * Cancels an upload: a record whose bytes have not arrived is deleted, unless its completion is first. One whose bytes have arrived is
 * left to its completion or to the sweep. Never rejects.
 *
 * @returns whether the upload is over: if that cannot be known, its time has to run out
 */
export async function cancelUpload(
  means: DirectMeans,
  { key, image, expires }: Ticket,
  claims: Claims,
): Promise<boolean> {
  if (image === undefined) return true;
  const { imgwire, notes } = means;
  const pending = await isPending(imgwire, image);
  if (pending !== true) return pending === false;
  // Its bytes may arrive at this moment, and be completed: whoever has the note decides. Without Redis the sweep does.
  const reject = async (): Promise<NoteState | undefined> =>
    notes
      ? notes.begin(key, 'reject').catch(() => undefined)
      : claims.begin(key, 'reject', expires + GRACE_MS);
  const state = await reject();
  if (state !== 'ours' && state !== 'unknown') return state !== undefined;
  const end = await discardNoted(means, image);
  await notes?.end(key, end).catch(() => undefined);
  return true;
}
