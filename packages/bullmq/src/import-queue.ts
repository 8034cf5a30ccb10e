import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, isNotConnectionError, Queue } from 'bullmq';
import type { ImportItem, ImportResult } from './import-item.ts';
import { forgetImported, readProgress } from './imported.ts';
import { jobOf } from './keys.ts';
import { clientOf } from './redis-scripts.ts';

/** Where the queue is; the same for producers and workers. */
export interface QueueOptions {
  /** As BullMQ takes it: the options of a connection of ioredis, or one with `maxRetriesPerRequest: null`. */
  readonly connection: ConnectionOptions;
  /** The name of the queue. @default 'imgwire-import', 'imgwire-undo' */
  readonly name?: string | undefined;
  /** What its keys in Redis begin with. @default 'bull' */
  readonly prefix?: string | undefined;
}

/** How far the imports of a queue are, over all machines. */
export interface ImportProgress {
  /** Imported since the queue was made: an item counts once, however often it was added, begun and tried. */
  readonly completed: number;
  /** Given up, and kept until they are retried or removed. */
  readonly failed: number;
  /** Waiting, being imported, or to be tried again. */
  readonly remaining: number;
}

/** The producer's side of the imports. */
export interface ImportQueue {
  /** The queue itself: `getFailed()` with each `data` and `failedReason`, `retryJobs()`, `pause()`, events, a dashboard. */
  readonly queue: Queue<ImportItem, ImportResult>;
  /**
   * Adds items as they come, a few hundred at a time, and resolves with their number. An item whose job is still there is not
   * added again. While Redis is away it waits.
   *
   * @throws TypeError for an item without a url or a key, or with an unknown name, which says its index; the error of `items`
   *   itself; that of Redis when it refuses to keep more, and when the queue is closed meanwhile
   */
  add(items: Iterable<ImportItem> | AsyncIterable<ImportItem>): Promise<number>;
  /** Counts the jobs. */
  progress(): Promise<ImportProgress>;
  /** Closes the connection; the jobs stay. */
  close(): Promise<void>;
}

/** The name of the queue if no other is given. */
export const IMPORT_QUEUE = 'imgwire-import';

const BATCH = 500;
const RECONNECT_MS = 500;

/** Of each job: eight tries over two minutes; the images of the last day, at most a thousand; what failed stays. */
const defaultJobOptions = {
  attempts: 8,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  removeOnComplete: { age: 24 * 3_600, count: 1_000 },
  stackTraceLimit: 1,
};

type ImportJob = ReturnType<typeof jobOf>;

/** To obliterate a queue of imports is to count anew, too. */
class Imports extends Queue<ImportItem, ImportResult> {
  override async obliterate(...options: Parameters<Queue['obliterate']>): Promise<void> {
    await super.obliterate(...options);
    await forgetImported(this);
  }
}

/** Opens the queue of imports, to add to it and to look at it. */
export function importQueue(options: QueueOptions): ImportQueue {
  const { connection, name = IMPORT_QUEUE, prefix = 'bull' } = options;
  const queue = new Imports(name, { connection, prefix, defaultJobOptions });
  return {
    queue,
    add: async (items) => {
      let added = 0;
      let batch: ImportJob[] = [];
      for await (const item of items) {
        if (batch.push(jobOf(item, added++)) < BATCH) continue;
        await addBatch(queue, batch);
        batch = [];
      }
      await addBatch(queue, batch);
      return added;
    },
    progress: async () => {
      const [done = 0, failed = 0, left = 0] = await readProgress(queue);
      return { completed: done, failed, remaining: left };
    },
    close: () => queue.close(),
  };
}

/** Whether a batch has arrived before its connection broke is not known, and adding it twice adds it once. */
async function addBatch(queue: ImportQueue['queue'], jobs: ImportJob[]): Promise<void> {
  for (;;) {
    try {
      if (jobs.length > 0) await queue.addBulk(jobs);
      return;
    } catch (error) {
      if (queue.closing || !isAway(error as Error)) throw error;
      // A connection of the user's that was closed.
      if ((await clientOf(queue)).status === 'end') throw error;
      await sleep(RECONNECT_MS);
    }
  }
}

/** What ioredis says of the commands that were under way, and of those that have waited for long. */
const AWAY = ['AbortError', 'MaxRetriesPerRequestError'];
const isAway = (error: Error): boolean => !isNotConnectionError(error) || AWAY.includes(error.name);
