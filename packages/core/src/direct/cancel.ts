import { type DirectMeans, deletePending } from './means.ts';
import type { Ticket } from './ticket.ts';

/**
 * Cancels an upload: a record whose bytes have not arrived is deleted. One whose bytes have may be completed at this moment, and is left
 * to its completion or to the sweep. Never rejects.
 */
export async function cancelUpload({ imgwire, notes }: DirectMeans, { key, image }: Ticket): Promise<void> {
  if (image === undefined || !(await deletePending(imgwire, image))) return;
  // What is left of the note is found by the sweep, and its record is gone.
  await notes
    ?.begin(key, 'refuse')
    .then((state) => (state === 'ours' ? notes.end(key, 'struck') : undefined))
    .catch(() => undefined);
}
