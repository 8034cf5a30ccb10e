import type { CreateCallbacks, CreateIntent, RollbackFailure } from '@imgwire/core';
import { type Job, Queue, Worker } from 'bullmq';
import { backOff } from './back-off.ts';
import { given } from './given.ts';
import type { QueueOptions } from './import-queue.ts';
import { IMPORT_WORKER_OPTIONS, type OwnWorkerOptions } from './import-worker.ts';
import { isOfTheItem, jobError } from './job-error.ts';
import { jobIdOf } from './keys.ts';
import { type LeftUpload, openNotes } from './leases.ts';
import { type RollbackClient, type ToUndo, undo } from './rollback.ts';

/** Of the queue; in every process the same. */
export interface RollbackQueueOptions extends QueueOptions {
  /**
   * After how long without a sign of its process an upload counts as broken off, milliseconds. One of the workers looks ten times
   * in this time. The record is only deleted if it is still PENDING, and nobody uploads with its key again: keep this above the time
   * that Imgwire takes from the last byte to PROCESSING. Where processes differ, as while a new version is deployed, each vouches
   * for its own uploads with its own time. @default 600_000
   */
  readonly staleAfterMs?: number | undefined;
}

/** Records that could not be deleted, and those of processes that were killed: all are deleted later, by any worker. */
export interface RollbackQueue {
  /** The queue itself, for a dashboard. What was given up after some hours is among its failed jobs. */
  readonly queue: Queue;
  /** For `createImgwire()`: keeps a record that could not be deleted. @throws Error of Redis */
  onRollbackFailed(failure: RollbackFailure): Promise<void>;
  /** For `createImgwire()`: notes each upload. If that fails, it is an `error` event of the queue. */
  beforeCreate(intent: CreateIntent): Promise<CreateCallbacks>;
  /** Starts a worker, which deletes and sweeps. Listen to its `error` event. */
  worker(imgwire: RollbackClient, options?: OwnWorkerOptions): Worker;
  /** Processes one job, for a worker of your own, such as Nest's `WorkerHost`. @throws as {@link runImport} */
  run(run: { readonly imgwire: RollbackClient; readonly worker: Worker; readonly job: Job }): Promise<void>;
  /** Closes the connections, after the `close()` of the worker and of `imgwire`. */
  close(): Promise<void>;
}

/** The name of the queue if no other is given. */
export const ROLLBACK_QUEUE = 'imgwire-undo';

/** Of each job: twelve tries over six hours, and then it is kept as failed. */
const defaultJobOptions = {
  attempts: 12,
  backoff: { type: 'exponential', delay: 5_000, jitter: 0.5 },
  removeOnComplete: true,
  stackTraceLimit: 1,
};

/** A sweep that fails is made up for by the next one. */
const SWEEP_OPTIONS = { attempts: 1, removeOnFail: { count: 10 } };

/** In one sweep; the next ones go on. */
const MOST_CLAIMS = 1_000;

/** Of a random key only the id is reported, or the key if the service has not answered. */
const isOwn = (left: ToUndo): left is LeftUpload =>
  left.idempotencyKey !== undefined && (left.imageId !== undefined || left.onlyIfPending === true);

/**
 * Opens the queue. Give both hooks to `createImgwire()`, and let at least one process `work()`.
 *
 * An upload costs one round trip to Redis, before its record is created. If Redis is away it goes on without.
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
  const notes = openNotes(queue, staleAfterMs);
  const schedule = (): void => {
    const every = Math.ceil(staleAfterMs / 10);
    queue
      .upsertJobScheduler('sweep', { every }, { name: 'sweep', opts: SWEEP_OPTIONS })
      .catch((error: Error) => !queue.closing && queue.emit('error', error));
  };
  schedule();
  // A Redis that has lost its data has lost the scheduler.
  const scheduling = setInterval(schedule, staleAfterMs).unref();
  const sweep: RollbackQueue['run'] = async ({ imgwire, worker }) => {
    let failure: unknown;
    for (let claimed = 0; claimed < MOST_CLAIMS && !worker.closing; claimed++) {
      const upload = await notes.claim();
      if (!upload) break;
      try {
        await undo(imgwire, upload);
        await notes.strike(upload);
      } catch (error) {
        failure ??= error;
        await notes.release(upload);
        // The others would fail likewise.
        if (!isOfTheItem(error)) break;
      }
    }
    if (failure !== undefined) throw failure;
  };
  const run: RollbackQueue['run'] = async (work) => {
    backOff(work.worker);
    try {
      await (work.job.name === 'sweep' ? sweep(work) : undo(work.imgwire, work.job.data as ToUndo));
    } catch (error) {
      throw await jobError(error, work.worker, { logger: work.imgwire.logger });
    }
  };
  return {
    queue,
    run,
    onRollbackFailed: async ({ error: _error, ...left }) => {
      // The user's own key: a job would not see that it is used again, and delete what was stored meanwhile.
      if (isOwn(left)) await notes.leave(left);
      else await queue.add('undo', left, { jobId: jobIdOf(left.imageId ?? left.idempotencyKey ?? '') });
    },
    beforeCreate: ({ idempotencyKey }) => notes.take(idempotencyKey),
    worker: (imgwire, others = {}) => {
      const settings = { ...IMPORT_WORKER_OPTIONS, ...given(others), ...place };
      const worker: Worker = new Worker(name, (job) => run({ imgwire, worker, job }), settings);
      backOff(worker);
      return worker;
    },
    close: async () => {
      clearInterval(scheduling);
      notes.close();
      await queue.close();
    },
  };
}
