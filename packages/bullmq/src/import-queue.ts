import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, isNotConnectionError, Queue } from 'bullmq';
import type { ImportItem, ImportResult } from './import-item.ts';
import { forgetImported, readProgress } from './imported.ts';
import { jobOf } from './keys.ts';
import { clientOf } from './redis-scripts.ts';

/** Where the queue is; the same for producers and workers. */
export interface QueueOptions {
  /** As BullMQ takes it: options for ioredis, or a client of ioredis with `maxRetriesPerRequest: null`. */
  readonly connection: ConnectionOptions;
  /** The name of the queue. @default 'imgwire-import', 'imgwire-undo' */
  readonly name?: string | undefined;
  /** The beginning of its keys in Redis. @default 'bull' */
  readonly prefix?: string | undefined;
}

/** How far the imports of a queue are, on all machines together. */
export interface ImportProgress {
  /** How many were imported since the queue was made. An item counts once, however often it was added or tried. */
  readonly completed: number;
  /** How many have failed for good. They stay until you retry or remove them. */
  readonly failed: number;
  /** How many are waiting, in flight, or to be tried again. */
  readonly remaining: number;
}

/** The producer's side of the imports. */
export interface ImportQueue {
  /** The queue itself, with `getFailed()`, `retryJobs()`, `pause()` and events, and for a dashboard. */
  readonly queue: Queue<ImportItem, ImportResult>;
  /**
   * Adds items as they come, a few hundred at a time, and resolves with their number. An item whose job is still there is not
   * added again. While Redis is away, it waits.
   *
   * @throws TypeError with the index of an item that has no url or key, or an unknown name; the error of `items` itself; the
   *   error of Redis when it has no room left, and when the queue is closed meanwhile
   */
  add(items: Iterable<ImportItem> | AsyncIterable<ImportItem>): Promise<number>;
  /** Counts the jobs. */
  progress(): Promise<ImportProgress>;
  /** Closes the connection to Redis. The jobs stay. */
  close(): Promise<void>;
}

/** The name of the queue if no other is given. */
export const IMPORT_QUEUE = 'imgwire-import';

const BATCH = 500;
const RECONNECT_MS = 500;

/** Each job gets eight attempts over two minutes. Completed jobs stay for a day (1,000 at most), failed ones stay. */
const defaultJobOptions = {
  attempts: 8,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  removeOnComplete: { age: 24 * 3_600, count: 1_000 },
  stackTraceLimit: 1,
};

type ImportJob = ReturnType<typeof jobOf>;

/** `obliterate()` also resets our count of the imported items. */
class Imports extends Queue<ImportItem, ImportResult> {
  override async obliterate(...options: Parameters<Queue['obliterate']>): Promise<void> {
    await super.obliterate(...options);
    await forgetImported(this);
  }
}

/** @throws TypeError with what to write, for one item in the place of several */
function assertIterable(items: unknown): void {
  const given = Object(items) as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
  if (typeof items !== 'string' && (given[Symbol.iterator] || given[Symbol.asyncIterator])) return;
  throw new TypeError(
    'importQueue().add() takes an array of items, or another iterable: write add([{ … }]).',
  );
}

/** Opens the queue of imports, to add to it and to look at it. */
export function importQueue(options: QueueOptions): ImportQueue {
  const { connection, name = IMPORT_QUEUE, prefix = 'bull' } = options;
  const queue = new Imports(name, { connection, prefix, defaultJobOptions });
  return {
    queue,
    add: async (items) => {
      assertIterable(items);
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
      const [completed = 0, failed = 0, remaining = 0] = await readProgress(queue);
      return { completed, failed, remaining };
    },
    close: () => queue.close(),
  };
}

/** Adds a batch again when its connection breaks: it may have arrived, but adding it twice adds it once. */
async function addBatch(queue: ImportQueue['queue'], jobs: ImportJob[]): Promise<void> {
  for (;;) {
    try {
      if (jobs.length > 0) await queue.addBulk(jobs);
      return;
    } catch (error) {
      if (queue.closing || !isAway(error as Error)) throw error;
      // The user has closed a client of their own.
      if ((await clientOf(queue)).status === 'end') throw error;
      await sleep(RECONNECT_MS);
    }
  }
}

/** The errors of ioredis for commands that were in flight, and for those that have waited too long. */
const AWAY = ['AbortError', 'MaxRetriesPerRequestError'];
const isAway = (error: Error): boolean => !isNotConnectionError(error) || AWAY.includes(error.name);
