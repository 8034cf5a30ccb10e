import type { CreateCallbacks, CreateIntent, RollbackFailure } from '@imgwire/core';
import { type DirectNotes, definedOf } from '@imgwire/core/adapter';
import { type Job, Queue, Worker } from 'bullmq';
import { backOff } from './back-off.ts';
import { cleanUpDirect, type IsStored } from './clean-up-direct.ts';
import { openDirectNotes } from './direct-notes.ts';
import type { QueueOptions } from './import-queue.ts';
import { IMPORT_WORKER_OPTIONS, type OwnWorkerOptions } from './import-worker.ts';
import { jobError } from './job-error.ts';
import { jobIdOf } from './keys.ts';
import { type OrphanedUpload, openLeases } from './leases.ts';
import { type RecordToDelete, type RollbackClient, rollback } from './rollback.ts';
import { sweep } from './sweep.ts';

/** Where the queue of rollbacks is, and when an upload is stale. Use the same in every process. */
export interface RollbackQueueOptions extends QueueOptions {
  /**
   * How long a process may be silent before its unfinished uploads are cleaned up, in milliseconds. A worker looks ten times in this
   * time. It only deletes records that are still PENDING, and whose keys nobody uses again. Keep it above the time that Imgwire
   * takes from the last byte to PROCESSING. If processes have different times, each has its own for its own uploads.
   * @default 600_000
   */
  readonly staleAfterMs?: number | undefined;
}

/** How a worker runs, and what it asks. */
export interface RollbackWorkerOptions extends OwnWorkerOptions {
  /**
   * Whether the application has stored an image, by its id. It is asked about a direct upload whose process was killed while it was
   * completed: one that is not stored is deleted. @default such an image is kept, and reported
   */
  readonly isStored?: IsStored | undefined;
}

/** One job of the queue. */
export interface RollbackRun extends Pick<RollbackWorkerOptions, 'isStored'> {
  readonly imgwire: RollbackClient;
  readonly worker: Worker;
  readonly job: Job;
}

/** Deletes records later, with any worker: those that could not be deleted, and those of killed processes. */
export interface RollbackQueue {
  /** The queue itself, for a dashboard. After some hours a record that cannot be deleted is one of its failed jobs. */
  readonly queue: Queue;
  /** For `createImgwire()`: stores a record that could not be deleted. @throws Error of Redis */
  onRollbackFailed(failure: RollbackFailure): Promise<void>;
  /** For `createImgwire()`: notes each upload. A failure is an `error` event of the queue. */
  beforeCreate(intent: CreateIntent): Promise<CreateCallbacks>;
  /** For direct uploads, as their `notes`: what is never completed is deleted by any worker. */
  readonly direct: DirectNotes;
  /** Starts a worker, which deletes records. Listen to its `error` event. */
  worker(imgwire: RollbackClient, options?: RollbackWorkerOptions): Worker;
  /** Processes one job, for a worker of your own, such as Nest's `WorkerHost`. @throws as {@link runImport} */
  run(run: RollbackRun): Promise<void>;
  /** Closes the connections to Redis. Close the worker and `imgwire` before. */
  close(): Promise<void>;
}

/** The name of the queue if no other is given. */
export const ROLLBACK_QUEUE = 'imgwire-undo';

/** Each job gets twelve attempts over six hours. Failed jobs stay. */
const defaultJobOptions = {
  attempts: 12,
  backoff: { type: 'exponential', delay: 5_000, jitter: 0.5 },
  removeOnComplete: true,
  stackTraceLimit: 1,
};

/** One attempt: a failed sweep is made up for by the next one. */
const SWEEP_OPTIONS = { attempts: 1, removeOnFail: { count: 10 } };

/** Whether the key is the user's own. Of a random key we get only the id, or only the key if the service has not responded. */
const hasOwnKey = (record: RecordToDelete): record is OrphanedUpload =>
  record.idempotencyKey !== undefined && (record.imageId !== undefined || record.onlyIfPending === true);

/**
 * Opens the queue. Pass both hooks to `createImgwire()`, and start a `worker()` in at least one process.
 *
 * Each upload waits for one round trip to Redis before its record is created. While Redis is away, uploads go on without.
 *
 * @throws TypeError for a wrong `staleAfterMs`
 */
export function rollbackQueue(options: RollbackQueueOptions): RollbackQueue {
  const { connection, name = ROLLBACK_QUEUE, prefix = 'bull', staleAfterMs = 600_000 } = options;
  if (!Number.isInteger(staleAfterMs) || staleAfterMs < 100 || staleAfterMs >= 2 ** 31) {
    throw new TypeError(
      'rollbackQueue(): option "staleAfterMs" must be an integer from 100 to 2147483647, in milliseconds.',
    );
  }
  const place = { connection, prefix };
  const queue = new Queue(name, { ...place, defaultJobOptions });
  const leases = openLeases(queue, staleAfterMs);
  const schedule = (): void => {
    const every = Math.ceil(staleAfterMs / 10);
    queue
      .upsertJobScheduler('sweep', { every }, { name: 'sweep', opts: SWEEP_OPTIONS })
      .catch((error: Error) => !queue.closing && queue.emit('error', error));
  };
  schedule();
  // A Redis that has lost its data has lost the scheduler.
  const scheduling = setInterval(schedule, staleAfterMs).unref();
  const direct = openDirectNotes(queue, Math.ceil(staleAfterMs / 10));
  const sweepBoth: RollbackQueue['run'] = async ({ imgwire, worker, isStored }) => {
    // A failure of one must not keep the other from its work.
    const done = await Promise.allSettled([
      sweep(leases, worker, (upload) => rollback(imgwire, upload)),
      sweep(direct, worker, (note) => cleanUpDirect(note, imgwire, isStored)),
    ]);
    const failed = done.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  };
  const run: RollbackQueue['run'] = async (work) => {
    backOff(work.worker);
    try {
      await (work.job.name === 'sweep'
        ? sweepBoth(work)
        : rollback(work.imgwire, work.job.data as RecordToDelete));
    } catch (error) {
      throw await jobError(error, work.worker, { logger: work.imgwire.logger });
    }
  };
  return {
    queue,
    direct,
    run,
    onRollbackFailed: async ({ error: _error, ...record }) => {
      // A job would not see that the user's own key is used again, and would delete what was stored meanwhile.
      if (hasOwnKey(record)) await leases.orphan(record);
      else await queue.add('undo', record, { jobId: jobIdOf(record.imageId ?? record.idempotencyKey ?? '') });
    },
    beforeCreate: ({ idempotencyKey }) => leases.acquire(idempotencyKey),
    worker: (imgwire, { isStored, ...others } = {}) => {
      const settings = { ...IMPORT_WORKER_OPTIONS, ...definedOf(others), ...place };
      const worker: Worker = new Worker(name, (job) => run({ imgwire, worker, job, isStored }), settings);
      backOff(worker);
      return worker;
    },
    close: async () => {
      clearInterval(scheduling);
      leases.close();
      direct.close();
      await queue.close();
    },
  };
}
