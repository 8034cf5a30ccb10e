import { createServer, type RequestListener, type Server } from 'node:http';
import {
  type ImportItem,
  type ImportQueue,
  type ImportResult,
  type ImportWorkerOptions,
  importQueue,
  importWorker,
} from '@imgwire/bullmq';
import { createImgwire, type Imgwire } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import type { Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { listen } from '../support/listen.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

/** What a test of imports has; anew for each test, but for Redis and the source. */
export interface Imports {
  readonly redis: RedisServer;
  readonly emulator: Emulator;
  readonly imgwire: Imgwire;
  readonly imports: ImportQueue;
  /** Of the source. */
  readonly address: string;
  /** What was logged: its context and its message. */
  readonly logged: (readonly [context: object, message: string])[];
  /** Starts a worker, which is closed after the test. */
  work(options?: Partial<ImportWorkerOptions>): Worker<ImportItem, ImportResult>;
  /** Resolves when no item is left. */
  drained(): Promise<unknown>;
}

/**
 * Starts all of it around the tests of a block.
 *
 * @param serve the source of the images
 * @param readyDelayMs of the emulator
 */
export function useImports(serve: RequestListener, readyDelayMs = 0): Imports {
  const bench = {} as { -readonly [name in keyof Imports]: Imports[name] };
  let source: Server;
  let workers: Worker[];
  bench.drained = () => expect.poll(() => bench.imports.progress()).toMatchObject({ remaining: 0 });
  bench.work = (options = {}) => {
    const { imgwire, redis } = bench;
    const worker = importWorker({ imgwire, connection: redis.connection, ...options });
    workers.push(worker);
    return worker;
  };
  beforeAll(async () => {
    bench.redis = await startRedis();
    source = createServer(serve);
    bench.address = await listen(source);
  });
  afterAll(async () => {
    source.closeAllConnections();
    source.close();
    await bench.redis.close();
  });
  beforeEach(async () => {
    workers = [];
    const logged: Imports['logged'][number][] = [];
    bench.logged = logged;
    const warn = (...told: Imports['logged'][number]): void => void logged.push(told);
    bench.emulator = await startEmulator({ readyDelayMs });
    const { apiKey, url: baseUrl } = bench.emulator;
    bench.imgwire = createImgwire({ apiKey, baseUrl, maxAttempts: 1, logger: { warn } });
    bench.imports = importQueue({ connection: bench.redis.connection });
  });
  afterEach(async () => {
    for (const worker of workers) await worker.close();
    await bench.imports.queue.removeRateLimitKey();
    await bench.imports.queue.obliterate({ force: true });
    await bench.imports.close();
    await bench.imgwire.close();
    await bench.emulator.close();
  });
  return bench;
}
