import type { ImgwireImage } from '../image/image.ts';
import type { DownloadJob, ListQuery, Page, ReadyDownload } from '../service/service.ts';
import type { Connection } from '../store/connection.ts';
import type { WaitOptions } from '../store/poll.ts';
import { bulkDelete } from './bulk-delete.ts';
import { createBulkDownloadJob, retrieveBulkDownloadJob, waitUntilDownloadReady } from './download.ts';
import { list, listAll, listPages } from './list.ts';

/** The calls of a connection that are about many images at once. */
export interface Bulk {
  /**
   * One page, newest or oldest first as the service likes.
   *
   * @throws ImgwireUploadError `UPSTREAM_REJECTED`, `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`
   */
  list(query?: ListQuery, signal?: AbortSignal): Promise<Page<ImgwireImage>>;
  /**
   * Every page from `query.page` on, each asked for when the one before it was taken. Images that come or go meanwhile move
   * those behind them: one may be seen twice, or not at all.
   *
   * @throws as `list`
   */
  listPages(query?: ListQuery, signal?: AbortSignal): AsyncGenerator<Page<ImgwireImage>, void, void>;
  /** The images of `listPages`, one by one. `limit` is then only how many are asked for at once. @throws as `list` */
  listAll(query?: ListQuery, signal?: AbortSignal): AsyncGenerator<ImgwireImage, void, void>;
  /**
   * Deletes images in one call; of none, without a call. Whether the service passes over ids of no image is not documented
   * (the emulator does): where it does not, it is `IMAGE_NOT_FOUND`.
   *
   * @throws ImgwireUploadError `IMAGE_NOT_FOUND`, also for what can be no id, and as `list`; TypeError for what is no array
   */
  bulkDelete(ids: readonly string[]): Promise<void>;
  /**
   * Has the service put the originals of images into one file. A call whose answer was lost is repeated, and may leave a
   * second job that nobody asks for.
   *
   * @throws ImgwireUploadError `IMAGE_NOT_FOUND`, and as `list`; TypeError for what is no array of ids, and for an empty one
   */
  createBulkDownloadJob(ids: readonly string[], signal?: AbortSignal): Promise<DownloadJob>;
  /** @throws ImgwireUploadError `DOWNLOAD_NOT_FOUND`, and as `list`; TypeError for an id that is empty or no string */
  retrieveBulkDownloadJob(id: string, signal?: AbortSignal): Promise<DownloadJob>;
  /**
   * Waits until the file of a job is there, at `download_url`.
   *
   * @throws ImgwireUploadError `DOWNLOAD_FAILED`, `DOWNLOAD_NOT_READY`, and as `retrieveBulkDownloadJob`
   */
  waitUntilDownloadReady(
    job: string | { readonly id: string },
    options?: WaitOptions,
  ): Promise<ReadyDownload>;
}

/** Makes {@link Bulk} of a connection. */
export function bulk(connection: Connection): Bulk {
  return {
    list: (query, signal) => list(connection, query, signal),
    listPages: (query, signal) => listPages(connection, query, signal),
    listAll: (query, signal) => listAll(connection, query, signal),
    bulkDelete: (ids) => bulkDelete(connection, ids),
    createBulkDownloadJob: (ids, signal) => createBulkDownloadJob(connection, ids, signal),
    retrieveBulkDownloadJob: (id, signal) => retrieveBulkDownloadJob(connection, id, signal),
    waitUntilDownloadReady: (job, options) => waitUntilDownloadReady(connection, job, options),
  };
}
