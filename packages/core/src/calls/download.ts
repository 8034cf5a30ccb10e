import type { Signal } from '../cancellation.ts';
import { ImgwireError } from '../errors.ts';
import { checkImageIds, checkJobId } from '../options/check-id.ts';
import { retry } from '../service/retry.ts';
import type { DownloadJob, ReadyDownload } from '../service/service.ts';
import type { Context } from '../upload/context.ts';
import type { WaitOptions } from '../upload/wait-until-ready.ts';
import { assertWait, poll } from '../upload/wait-until-ready.ts';

/**
 * Has the service put the originals of images into one file.
 *
 * @throws ImgwireError `IMAGE_NOT_FOUND` and those of the service; the signal's reason; TypeError for anything but a
 *   non-empty array of ids
 */
export async function createBulkDownloadJob(
  { service, retries, shutdown }: Context,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<DownloadJob> {
  const checked = checkImageIds('createBulkDownloadJob()', ids);
  return shutdown.runCall(signal, (either) =>
    retry(retries, either, () => service.createBulkDownloadJob(checked, either)),
  );
}

/**
 * Returns the state of a job.
 *
 * @throws ImgwireError `DOWNLOAD_NOT_FOUND` and those of the service; TypeError for an id that is empty or not a string
 */
export async function retrieveBulkDownloadJob(
  context: Context,
  id: string,
  signal?: AbortSignal,
): Promise<DownloadJob> {
  const checked = checkJobId('retrieveBulkDownloadJob()', id);
  return context.shutdown.runCall(signal, (either) => retrieve(context, checked, either));
}

/**
 * Waits until the file of a job is ready.
 *
 * @throws ImgwireError `DOWNLOAD_FAILED`; `DOWNLOAD_NOT_READY` after the deadline; as `retrieveBulkDownloadJob`. The
 *   signal's reason when it aborts
 */
export async function waitUntilDownloadReady(
  context: Context,
  job: string | { readonly id: string },
  options?: WaitOptions,
): Promise<ReadyDownload> {
  const caller = 'waitUntilDownloadReady()';
  const id = checkJobId(caller, typeof job === 'string' ? job : (job as { id?: unknown } | undefined)?.id);
  assertWait(caller, options);
  const ready = await context.shutdown.runCall(options?.signal, (either) =>
    poll(caller, 'DOWNLOAD_NOT_READY', (signal) => retrieve(context, id, signal), isReady, {
      ...options,
      signal: either,
    }),
  );
  return ready as ReadyDownload;
}

function isReady({ status }: DownloadJob): boolean {
  if (status === 'FAILED') throw new ImgwireError('DOWNLOAD_FAILED');
  return status === 'READY';
}

function retrieve(
  { service, retries }: Context,
  id: string,
  signal: Signal | undefined,
): Promise<DownloadJob> {
  return retry(retries, signal, () => service.retrieveBulkDownloadJob(id, signal));
}
