import { checkImageIds } from '../base/check-id.ts';
import { retry } from '../service/retry.ts';
import type { Connection } from '../store/connection.ts';
import { publish, startClock } from '../store/events.ts';

/**
 * Deletes images in one call; an empty list makes no call, since the service does not accept one.
 *
 * @throws ImgwireUploadError `IMAGE_NOT_FOUND` and those of the service; TypeError for anything but an array of ids
 */
export async function bulkDelete(
  { service, retries, lifetime }: Connection,
  ids: readonly string[],
): Promise<void> {
  if (!Array.isArray(ids)) {
    const alone = typeof ids === 'string' ? ": write bulkDelete(['…'])" : '';
    throw new TypeError(`bulkDelete(): the ids of the images must be an array${alone}.`);
  }
  if (ids.length === 0) return;
  const checked = checkImageIds('bulkDelete()', ids);
  const durationMs = startClock();
  await lifetime.runCall(undefined, (signal) => retry(retries, signal, () => service.bulkDelete(checked)));
  publish('imgwire:image:deleted', () => ({ imageIds: checked, durationMs: durationMs() }));
}
