import { createReadStream } from 'node:fs';
import { type Imgwire, ImgwireError, type ImgwireImage } from '@imgwire/core';
import { type Job, MetricsTime, Worker, type WorkerOptions } from 'bullmq';
import { backOff } from './back-off.ts';
import { given } from './given.ts';
import type { ImportItem, ImportResult } from './import-item.ts';
import { IMPORT_QUEUE, type QueueOptions } from './import-queue.ts';
import { countImported } from './imported.ts';
import { isOfTheItem, jobError, uploadErrorIn } from './job-error.ts';
import { keyOf } from './keys.ts';

/**
 * The options of BullMQ's Worker that the processors rely on, for a worker of your own:
 * - without a `limiter` a worker would not wait for a `Retry-After` that another one was told;
 * - `metrics` are for dashboards;
 * - `maxStalledCount` is for jobs that are not to blame when their process is killed.
 */
export const IMPORT_WORKER_OPTIONS: Required<
  Pick<WorkerOptions, 'concurrency' | 'limiter' | 'metrics' | 'maxStalledCount'>
> = {
  concurrency: 8,
  limiter: { max: Number.MAX_SAFE_INTEGER, duration: 1_000 },
  metrics: { maxDataPoints: MetricsTime.ONE_HOUR },
  maxStalledCount: 10,
};

/** Of a worker, beside those of its queue: BullMQ's own. */
export type OwnWorkerOptions = Partial<Omit<WorkerOptions, 'connection' | 'name' | 'prefix'>>;

/**
 * Of a worker: BullMQ's own, with
 * - `concurrency`, imports of this worker at once; @default 8
 * - `limiter`, `{ max, duration }`: imports of all workers together in so many milliseconds. @default none
 */
export interface ImportWorkerOptions extends QueueOptions, OwnWorkerOptions {
  /** Makes the calls. The queue tries again by itself, so `maxAttempts: 1` is enough. */
  readonly imgwire: ImportRun['imgwire'];
}

/** One import, for a worker of your own, such as Nest's `WorkerHost`. */
export interface ImportRun {
  readonly imgwire: Pick<Imgwire, 'upload' | 'uploadViaUrl' | 'waitUntilReady' | 'delete' | 'logger'>;
  readonly worker: Worker;
  readonly job: Job<ImportItem, ImportResult>;
  /** Aborts the import: `worker.cancelJob()`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts a worker. Any number of them, on any machines, share a queue. `worker.close()` finishes what it has begun; a job whose
 * worker was killed is begun again by another one, under the same key, half a minute later (`lockDuration`).
 *
 * Listen to its `error` event: it is where it says that Redis is away.
 */
export function importWorker(options: ImportWorkerOptions): Worker<ImportItem, ImportResult> {
  const { imgwire, name = IMPORT_QUEUE, prefix = 'bull', ...others } = options;
  const worker: Worker<ImportItem, ImportResult> = new Worker<ImportItem, ImportResult>(
    name,
    // BullMQ makes a signal for those that take three arguments.
    (job, _token, signal) => runImport({ imgwire, worker, job, signal }),
    { ...IMPORT_WORKER_OPTIONS, ...given(others), prefix },
  );
  backOff(worker);
  return worker;
}

/**
 * Imports the item of a job. What Imgwire puts into quarantine has failed, and is deleted: when the file is mended, the same item can
 * be tried again.
 *
 * @throws UnrecoverableError where no later try can succeed; RateLimitError for 429; Error for what may pass
 */
export async function runImport(run: ImportRun): Promise<ImportResult> {
  const { imgwire, worker, job } = run;
  backOff(worker);
  try {
    const { id, cdn_url } = await usable(run);
    await countImported(worker, job.id ?? '');
    return { id, cdn_url };
  } catch (error) {
    throw await jobError(error, worker, {
      logger: imgwire.logger,
      isFinal: (thrown) => isOfTheItem(thrown) && !isLost(thrown) && !isOfTheSource(thrown, job.data),
    });
  }
}

function store({ imgwire, job, signal }: ImportRun): Promise<ImgwireImage> {
  const { waitUntilReady: _wait, ...item } = job.data;
  const shared = { idempotencyKey: keyOf(job.data), signal };
  if ('url' in item) return imgwire.uploadViaUrl({ ...item, ...shared });
  const { path, ...metadata } = item;
  // The file itself is there for another try.
  return imgwire.upload({ ...metadata, ...shared, file: createReadStream(path), replay: false });
}

/** The stored image, if it is not in quarantine, and READY if the item asks for it. */
async function usable(run: ImportRun): Promise<ImgwireImage> {
  const { imgwire, job, signal } = run;
  const { waitUntilReady: wait = false } = job.data;
  let imageId: string | undefined;
  try {
    const image = await store(run);
    imageId = image.id;
    if (image.status === 'QUARANTINE') throw new ImgwireError('IMAGE_QUARANTINED');
    if (wait === false || image.status === 'READY') return image;
    const timeoutMs = wait === true ? undefined : wait;
    return await imgwire.waitUntilReady(image.id, { timeoutMs, signal });
  } catch (error) {
    const known = uploadErrorIn(error);
    imageId ??= known?.imageId;
    // Under its key the next try would get the same record.
    if (known?.code === 'IMAGE_QUARANTINED' && imageId !== undefined) await imgwire.delete(imageId);
    throw error;
  }
}

/** Whether the service has lost what it had received, and only a next try can bring it back. */
const isLost = (thrown: unknown): boolean => uploadErrorIn(thrown)?.code === 'IMAGE_NOT_FOUND';

/** Whether the service could not fetch the URL: its server may be down for a moment only. */
function isOfTheSource(thrown: unknown, item: ImportItem): boolean {
  const { code, upstreamStatus } = uploadErrorIn(thrown) ?? {};
  return 'url' in item && code === 'URL_FETCH_FAILED' && upstreamStatus === 400;
}
