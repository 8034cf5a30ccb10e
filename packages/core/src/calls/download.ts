import type { Signal } from '../base/cancellation.ts';
import { checkImageIds, checkJobId } from '../base/check-id.ts';
import { ImgwireUploadError } from '../base/errors.ts';
import { retry } from '../service/retry.ts';
import type { DownloadJob, ReadyDownload } from '../service/service.ts';
import type { Connection } from '../store/connection.ts';
import type { WaitOptions } from '../store/poll.ts';
import { poll } from '../store/poll.ts';
import { assertWait } from './assert-wait.ts';

/**
 * Has the service put the originals of images into one file.
 *
 * @throws ImgwireUploadError `IMAGE_NOT_FOUND` and those of the service; the signal's reason; TypeError for anything but a
 *   non-empty array of ids
 */
export async function createBulkDownloadJob(
  { service, retries, lifetime }: Connection,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<DownloadJob> {
  const checked = checkImageIds('createBulkDownloadJob()', ids);
  return lifetime.runCall(signal, (either) =>
    retry(retries, either, () => service.createBulkDownloadJob(checked, either)),
  );
}

/**
 * Returns the state of a job.
 *
 * @throws ImgwireUploadError `DOWNLOAD_NOT_FOUND` and those of the service; TypeError for an id that is empty or not a string
 */
export async function retrieveBulkDownloadJob(
  connection: Connection,
  id: string,
  signal?: AbortSignal,
): Promise<DownloadJob> {
  const checked = checkJobId('retrieveBulkDownloadJob()', id);
  return connection.lifetime.runCall(signal, (either) => retrieve(connection, checked, either));
}

/**
 * Waits until the file of a job is ready.
 *
 * @throws ImgwireUploadError `DOWNLOAD_FAILED`; `DOWNLOAD_NOT_READY` after the deadline; as `retrieveBulkDownloadJob`. The
 *   signal's reason when it aborts
 */
export async function waitUntilDownloadReady(
  connection: Connection,
  job: string | { readonly id: string },
  options?: WaitOptions,
): Promise<ReadyDownload> {
  const who = 'waitUntilDownloadReady()';
  const id = checkJobId(who, typeof job === 'string' ? job : (job as { id?: unknown } | undefined)?.id);
  assertWait(who, options);
  const ready = await connection.lifetime.runCall(options?.signal, (either) =>
    poll(who, 'DOWNLOAD_NOT_READY', (signal) => retrieve(connection, id, signal), isReady, {
      ...options,
      signal: either,
    }),
  );
  return ready as ReadyDownload;
}

function isReady({ status }: DownloadJob): boolean {
  if (status === 'FAILED') throw new ImgwireUploadError('DOWNLOAD_FAILED');
  return status === 'READY';
}

function retrieve(
  { service, retries }: Connection,
  id: string,
  signal: Signal | undefined,
): Promise<DownloadJob> {
  return retry(retries, signal, () => service.retrieveBulkDownloadJob(id, signal));
}
