import { createReadStream } from 'node:fs';
import { type Imgwire, ImgwireError, type ImgwireImage } from '@imgwire/core';
import { definedOf } from '@imgwire/core/adapter';
import { type Job, MetricsTime, Worker, type WorkerOptions } from 'bullmq';
import { backOff } from './back-off.ts';
import type { ImportItem, ImportResult } from './import-item.ts';
import { IMPORT_QUEUE, type QueueOptions } from './import-queue.ts';
import { countImported } from './imported.ts';
import { imgwireErrorIn, isPermanent, jobError } from './job-error.ts';
import { keyOf } from './keys.ts';

/**
 * The options of BullMQ's Worker that the processors rely on. Pass them to a worker of your own:
 * - `limiter`: without one, a worker does not wait for a `Retry-After` that another worker got;
 * - `metrics`: for dashboards;
 * - `maxStalledCount`: a job is not to blame when its process is killed.
 */
export const IMPORT_WORKER_OPTIONS: Required<
  Pick<WorkerOptions, 'concurrency' | 'limiter' | 'metrics' | 'maxStalledCount'>
> = {
  concurrency: 8,
  limiter: { max: Number.MAX_SAFE_INTEGER, duration: 1_000 },
  metrics: { maxDataPoints: MetricsTime.ONE_HOUR },
  maxStalledCount: 10,
};

/** The options of BullMQ's Worker, without those that say where its queue is. */
export type OwnWorkerOptions = Partial<Omit<WorkerOptions, 'connection' | 'name' | 'prefix'>>;

/**
 * The options of a worker: BullMQ's own, of which you set most often
 * - `concurrency`: how many imports this worker runs at once; @default 8
 * - `limiter`, `{ max, duration }`: how many imports all workers together start in so many milliseconds. @default none
 */
export interface ImportWorkerOptions extends QueueOptions, OwnWorkerOptions {
  /** Makes the calls. The queue tries again by itself, so create it with `maxAttempts: 1`. */
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
 * Starts a worker. Any number of workers, on any machines, share a queue. `worker.close()` finishes the jobs that have begun. If a
 * worker is killed, another one starts its jobs again half a minute later (`lockDuration`), under the same keys.
 *
 * Listen to its `error` event: it tells you that Redis is away.
 */
export function importWorker(options: ImportWorkerOptions): Worker<ImportItem, ImportResult> {
  const { imgwire, name = IMPORT_QUEUE, prefix = 'bull', ...others } = options;
  const worker: Worker<ImportItem, ImportResult> = new Worker<ImportItem, ImportResult>(
    name,
    // BullMQ makes a signal for those that take three arguments.
    (job, _token, signal) => runImport({ imgwire, worker, job, signal }),
    { ...IMPORT_WORKER_OPTIONS, ...definedOf(others), prefix },
  );
  backOff(worker);
  return worker;
}

/**
 * Imports the item of a job. An image in quarantine fails the job, and is deleted, so that the same item can be tried again once the
 * file is mended.
 *
 * @throws UnrecoverableError if no later attempt can succeed; RateLimitError for 429; Error for a failure that may pass
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
      isFinal: (thrown) => isPermanent(thrown) && !isLost(thrown) && !isSourceFailure(thrown, job.data),
    });
  }
}

function store({ imgwire, job, signal }: ImportRun): Promise<ImgwireImage> {
  const { waitUntilReady: _wait, ...item } = job.data;
  const shared = { idempotencyKey: keyOf(job.data), signal };
  if ('url' in item) return imgwire.uploadViaUrl({ ...item, ...shared });
  const { path, ...metadata } = item;
  // No replay copy: the file itself is there for the next attempt.
  return imgwire.upload({ ...metadata, ...shared, file: createReadStream(path), replay: false });
}

/** Returns the stored image, unless it is in quarantine. Waits until it is READY if the item asks for that. */
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
    const known = imgwireErrorIn(error);
    imageId ??= known?.imageId;
    // With its key, the next attempt would get the same record.
    if (known?.code === 'IMAGE_QUARANTINED' && imageId !== undefined) await imgwire.delete(imageId);
    throw error;
  }
}

/** Whether the service has lost the bytes: only the next attempt sends them again. */
const isLost = (thrown: unknown): boolean => imgwireErrorIn(thrown)?.code === 'IMAGE_NOT_FOUND';

/** Whether the service could not fetch the URL. The server behind it may be down for a moment only. */
function isSourceFailure(thrown: unknown, item: ImportItem): boolean {
  const { code, upstreamStatus } = imgwireErrorIn(thrown) ?? {};
  return 'url' in item && code === 'URL_FETCH_FAILED' && upstreamStatus === 400;
}
