import type { Announcement, CreateIntent, UndoFailure } from '@imgwire/core';
import { type Job, Queue, Worker } from 'bullmq';
import type { QueueOptions } from './import-queue.ts';
import { given, IMPORT_WORKER_OPTIONS, type OwnWorkerOptions } from './import-worker.ts';
import { jobError } from './job-error.ts';
import { jobIdOf } from './keys.ts';
import { openNotes, type StaleUpload } from './notes.ts';
import { type ToUndo, type Undoer, undo, undoPending } from './undo.ts';

/** Of the queue; in every process the same. */
export interface UndoQueueOptions extends QueueOptions {
  /**
   * After how long without a sign of its process an upload counts as broken off, milliseconds. One of the workers looks ten times
   * in this time. The record is only deleted if it is still PENDING, and nobody uploads with its key again: keep this above the time
   * that Imgwire takes from the last byte to PROCESSING. Where processes differ, as while a new version is deployed, each vouches
   * for its own uploads with its own time. @default 600_000
   */
  readonly staleAfterMs?: number | undefined;
}

/** Records that could not be deleted, and those of processes that were killed: all are deleted later, by any worker. */
export interface UndoQueue {
  /** The queue itself, for a dashboard. What was given up after some hours is among its failed jobs. */
  readonly queue: Queue;
  /** For `createImgwire()`: keeps a record that could not be deleted. @throws Error of Redis */
  onUndoFailed(failure: UndoFailure): Promise<void>;
  /** For `createImgwire()`: notes each upload. If that fails, it is an `error` event of the queue. */
  beforeCreate(intent: CreateIntent): Promise<Announcement>;
  /** Starts a worker, which deletes and sweeps. Listen to its `error` event. */
  work(imgwire: Undoer, options?: OwnWorkerOptions): Worker;
  /** Processes one job, for a worker of your own, such as Nest's `WorkerHost`. @throws as {@link runImport} */
  run(run: { readonly imgwire: Undoer; readonly worker: Worker; readonly job: Job }): Promise<void>;
  /** Closes the connections, after the `close()` of the worker and of `imgwire`. */
  close(): Promise<void>;
}

/** The name of the queue if no other is given. */
export const UNDO_QUEUE = 'imgwire-undo';

/** Of each job: twelve tries over six hours, and then it is kept as failed. */
const defaultJobOptions = {
  attempts: 12,
  backoff: { type: 'exponential', delay: 5_000, jitter: 0.5 },
  removeOnComplete: true,
  stackTraceLimit: 1,
};

/** A sweep that fails is made up for by the next one. */
const SWEEP_OPTIONS = { attempts: 1, removeOnFail: { count: 10 } };

/**
 * Opens the queue. Give both hooks to `createImgwire()`, and let at least one process `work()`.
 *
 * An upload costs one round trip to Redis, before its record is created. If Redis is away it goes on without, a second later.
 */
export function undoQueue(options: UndoQueueOptions): UndoQueue {
  const { connection, name = UNDO_QUEUE, prefix = 'bull', staleAfterMs = 600_000 } = options;
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
  const sweep = async (imgwire: Undoer): Promise<void> => {
    const failures: unknown[] = [];
    for (const upload of await notes.claim()) {
      try {
        await undoPending(imgwire, upload);
        await notes.strike(upload);
      } catch (error) {
        failures.push(error);
        await notes.release(upload);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  const run: UndoQueue['run'] = async ({ imgwire, worker, job }) => {
    try {
      await (job.name === 'sweep' ? sweep(imgwire) : undo(imgwire, job.data as ToUndo));
    } catch (error) {
      throw await jobError(error, worker);
    }
  };
  return {
    queue,
    run,
    onUndoFailed: async ({ error: _error, ...left }) => {
      const { idempotencyKey, imageId, onlyIfPending } = left;
      // A job would not see that somebody uploads with this key again.
      if (onlyIfPending && idempotencyKey !== undefined) await notes.leave(left as StaleUpload);
      else await queue.add('undo', left, { jobId: jobIdOf(imageId ?? idempotencyKey ?? '') });
    },
    beforeCreate: ({ idempotencyKey }) => notes.take(idempotencyKey),
    work: (imgwire, others = {}) => {
      const settings = { ...IMPORT_WORKER_OPTIONS, ...given(others), ...place };
      const worker: Worker = new Worker(name, (job) => run({ imgwire, worker, job }), settings);
      return worker;
    },
    close: async () => {
      clearInterval(scheduling);
      notes.close();
      await queue.close();
    },
  };
}
