import { type RollbackQueue, rollbackQueue } from '@imgwire/bullmq';
import { createImgwire, type Imgwire } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { type DeafServers, type Outage, outages, startDeafServers } from '../support/outages.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis.ts';

const file = await image('image/png');

describeWithRedis('the queue of records to delete, while the service cannot be reached', () => {
  let redis: RedisServer;
  let client: Redis;
  let deaf: DeafServers;
  let undo: RollbackQueue;
  let back: Emulator;
  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.connection);
    deaf = await startDeafServers();
  });
  afterAll(async () => {
    deaf.close();
    await client.quit();
    await redis.close();
  });
  beforeEach(async () => {
    undo = rollbackQueue({ connection: redis.connection, staleAfterMs: 500 });
    back = await startEmulator();
  });
  afterEach(async () => {
    await undo.close();
    await back.close();
    await client.flushall();
  });

  const connect = async (how: Outage): Promise<Imgwire> =>
    createImgwire({
      ...how.connect({ url: await how.url(), apiKey: 'sk_test' }),
      ...{ ...how.options, maxAttempts: 1 },
      onRollbackFailed: undo.onRollbackFailed,
      beforeCreate: undo.beforeCreate,
    });
  /** Beside the job of each sweep. */
  const undos = async (): Promise<number> =>
    (await undo.queue.getJobs()).filter(({ name }) => name === 'undo').length;

  it.each(outages(() => deaf))(
    'because $outage, keeps nothing, and asks the service for nothing when it is back, over $transport',
    async (how) => {
      const imgwire = await connect(how);
      const keys = [undefined, undefined, undefined, 'mine', 'mine too'];
      const uploads = keys.map((idempotencyKey) => imgwire.upload({ file, idempotencyKey }));
      for (const { status } of await Promise.allSettled(uploads)) expect(status).toBe('rejected');
      await imgwire.close();
      expect(await undos()).toBe(0);
      await expect.poll(() => client.zcard('bull:imgwire-undo:uploads')).toBe(0);

      const again = createImgwire({ apiKey: back.apiKey, baseUrl: back.url });
      const worker = undo.worker(again);
      let sweeps = 0;
      worker.on('completed', ({ name }) => {
        if (name === 'sweep') sweeps++;
      });
      await expect.poll(() => sweeps).toBeGreaterThan(2);
      await worker.close();
      await again.close();
      expect(back.requests).toEqual([]);
    },
  );
});
