import { checkImageIds } from '../base/check-id.ts';
import { retry } from '../service/retry.ts';
import type { Connection } from '../store/connection.ts';

/**
 * Deletes images in one call; of none, without a call, since the service takes no empty list.
 *
 * @throws ImgwireUploadError `IMAGE_NOT_FOUND` and those of the service; TypeError for what is no array of ids
 */
export async function bulkDelete({ service, retries }: Connection, ids: readonly string[]): Promise<void> {
  if (Array.isArray(ids) && ids.length === 0) return;
  const checked = checkImageIds('bulkDelete()', ids);
  await retry(retries, undefined, () => service.bulkDelete(checked));
}
