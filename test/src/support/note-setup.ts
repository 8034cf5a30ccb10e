import { type RollbackQueue, rollbackQueue } from '@imgwire/bullmq';
import { createImgwire, type Imgwire } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { noteStates, passTime } from './due-notes.ts';
import { type RedisServer, startRedis } from './redis.ts';

/** A Redis and a service, and the queue that sweeps. The application's own table is the set `rows` in Redis. */
export interface NoteSetup {
  readonly connection: RedisServer['connection'];
  readonly redis: Redis;
  readonly emulator: Emulator;
  readonly imgwire: Imgwire;
  readonly undo: RollbackQueue;
  /** Lets the time of all notes pass, and sweeps until none is left. */
  sweep(isStored?: (id: string) => Promise<boolean>): Promise<void>;
  /** Whether the application has an image. */
  hasRow(id: string): Promise<boolean>;
  /** The images at the service. */
  left(): string[];
  close(): Promise<void>;
}

/** Starts all of it. */
export async function startNotes(): Promise<NoteSetup> {
  const server = await startRedis();
  const { connection } = server;
  const redis = new Redis(connection);
  const emulator = await startEmulator();
  const imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url, logger: {} });
  const undo = rollbackQueue({ connection, staleAfterMs: 1_000 });
  const close = async (): Promise<void> => {
    await undo.close();
    await imgwire.close();
    await emulator.close();
    await redis.quit();
    await server.close();
  };
  return {
    ...{ connection, redis, emulator, imgwire, undo, close },
    sweep: async (isStored) => {
      await passTime(redis);
      const worker = undo.worker(imgwire, { isStored });
      await expect.poll(() => noteStates(redis)).toEqual([]);
      await worker.close();
    },
    hasRow: async (id) => (await redis.sismember('rows', id)) === 1,
    left: () => emulator.images.list().map(({ id }) => id),
  };
}
