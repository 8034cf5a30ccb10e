import type { ExpiredNote } from './direct-notes.ts';
import { type RollbackClient, rollback } from './rollback.ts';

/** Whether the application has stored an image: asked where a kill has left it in doubt. */
export type IsStored = (imageId: string) => boolean | Promise<boolean>;

/**
 * Deletes the record of a direct upload that was never completed. A completion that a kill has interrupted is in doubt: `isStored`
 * decides, and without it the image is kept, and reported.
 *
 * @throws as `imgwire.delete()`; what `isStored` throws; TypeError if it returns no boolean
 */
export async function cleanUpDirect(
  note: ExpiredNote,
  imgwire: RollbackClient,
  isStored: IsStored | undefined,
): Promise<void> {
  if (await isKept(note, imgwire, isStored)) return;
  const { imageId, key } = note;
  await rollback(imgwire, imageId === undefined ? { idempotencyKey: key } : { imageId });
}

async function isKept(
  { state, imageId }: ExpiredNote,
  { logger }: RollbackClient,
  isStored: IsStored | undefined,
): Promise<boolean> {
  if (state === 'sweeping') return false;
  if (isStored && imageId !== undefined) {
    const stored: unknown = await isStored(imageId);
    // Only `false` deletes: a callback that forgets to return must lose nothing.
    if (typeof stored === 'boolean') return stored;
    throw new TypeError('isStored must return true or false: the image is kept, and asked about again.');
  }
  logger?.warn?.(
    { imageId },
    'A process was killed while it completed a direct upload: the image is kept. Give the worker `isStored` to decide.',
  );
  return true;
}
