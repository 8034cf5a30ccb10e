import type { ImgwireImage } from '../image/image.ts';
import { checkImageIds } from '../options/check-id.ts';
import { retry } from '../service/retry.ts';
import type { DownloadJob, ListQuery, Page, ReadyDownload } from '../service/service.ts';
import type { Context } from '../upload/context.ts';
import { publish, startClock } from '../upload/events.ts';
import type { WaitOptions } from '../upload/wait-until-ready.ts';
import { createBulkDownloadJob, retrieveBulkDownloadJob, waitUntilDownloadReady } from './download.ts';
import { list, listAll, listPages } from './list.ts';

/** The calls for many images at once. */
export interface Bulk {
  /**
   * Returns one page of images, in the service's own order.
   *
   * @throws ImgwireError `UPSTREAM_REJECTED`, `ACCOUNT_LIMIT_REACHED`, `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`; TypeError
   *   for a wrong query, such as a `limit` above 100
   */
  list(query?: ListQuery, signal?: AbortSignal): Promise<Page<ImgwireImage>>;
  /**
   * Yields every page from `query.page` on. Each is requested once you have consumed the one before. If images are added or
   * deleted meanwhile, later ones shift: you may see one twice, or not at all.
   *
   * @throws as `list`
   */
  listPages(query?: ListQuery, signal?: AbortSignal): AsyncGenerator<Page<ImgwireImage>, void, void>;
  /** Yields the images of `listPages`, one by one. `limit` is the page size of each request. @throws as `list` */
  listAll(query?: ListQuery, signal?: AbortSignal): AsyncGenerator<ImgwireImage, void, void>;
  /**
   * Deletes images in one call. An empty list makes no call. Whether the service ignores unknown ids is not documented: the
   * emulator does. If it does not, the error is `IMAGE_NOT_FOUND`.
   *
   * @throws ImgwireError `IMAGE_NOT_FOUND`, also for a malformed id, and as `list`; TypeError for anything but an array
   */
  bulkDelete(ids: readonly string[]): Promise<void>;
  /**
   * Has the service put the originals of images into one file. If a response is lost, the call is retried, and may leave a second
   * job that nobody uses.
   *
   * @throws ImgwireError `IMAGE_NOT_FOUND`, and as `list`; TypeError for anything but a non-empty array of ids
   */
  createBulkDownloadJob(ids: readonly string[], signal?: AbortSignal): Promise<DownloadJob>;
  /**
   * Returns the state of a job.
   *
   * @throws ImgwireError `DOWNLOAD_NOT_FOUND`, and as `list`; TypeError for an id that is empty or not a string
   */
  retrieveBulkDownloadJob(id: string, signal?: AbortSignal): Promise<DownloadJob>;
  /**
   * Waits until the file of a job is at its `download_url`.
   *
   * @throws ImgwireError `DOWNLOAD_FAILED`, `DOWNLOAD_NOT_READY`, and as `retrieveBulkDownloadJob`
   */
  waitUntilDownloadReady(
    job: string | { readonly id: string },
    options?: WaitOptions,
  ): Promise<ReadyDownload>;
}

/** Makes the {@link Bulk} calls of an instance. */
export function bulk(context: Context): Bulk {
  return {
    list: (query, signal) => list(context, query, signal),
    listPages: (query, signal) => listPages(context, query, signal),
    listAll: (query, signal) => listAll(context, query, signal),
    bulkDelete: (ids) => bulkDelete(context, ids),
    createBulkDownloadJob: (ids, signal) => createBulkDownloadJob(context, ids, signal),
    retrieveBulkDownloadJob: (id, signal) => retrieveBulkDownloadJob(context, id, signal),
    waitUntilDownloadReady: (job, options) => waitUntilDownloadReady(context, job, options),
  };
}

/**
 * Deletes images in one call; an empty list makes no call, since the service does not accept one.
 *
 * @throws ImgwireError `IMAGE_NOT_FOUND` and those of the service; TypeError for anything but an array of ids
 */
async function bulkDelete({ service, retries, shutdown }: Context, ids: readonly string[]): Promise<void> {
  if (!Array.isArray(ids)) {
    const alone = typeof ids === 'string' ? ": write bulkDelete(['…'])" : '';
    throw new TypeError(`bulkDelete(): the ids of the images must be an array${alone}.`);
  }
  if (ids.length === 0) return;
  const checked = checkImageIds('bulkDelete()', ids);
  const durationMs = startClock();
  await shutdown.runCall(undefined, (signal) => retry(retries, signal, () => service.bulkDelete(checked)));
  publish('imgwire:image:deleted', () => ({ imageIds: checked, durationMs: durationMs() }));
}
