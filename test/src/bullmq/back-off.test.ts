import { randomUUID } from 'node:crypto';
import { type ImportItem, type RollbackQueue, rollbackQueue } from '@imgwire/bullmq';
import type { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { image } from '../support/images.ts';
import { describeWithRedis } from '../support/redis.ts';
import { useImports } from './use-imports.ts';

const jpeg = await image('image/jpeg');
const YEAR_2099 = 'Tue, 01 Dec 2099 16:00:00 GMT';

describeWithRedis('all workers', () => {
  const bench = useImports((_req, res) => res.end(jpeg));

  it.each([
    ['a day', 429, '86400'],
    ['a date in 2099', 429, YEAR_2099],
    ['a number without end', 429, '9'.repeat(400)],
    ['a day, at a time of maintenance', 503, '86400'],
  ])(
    'wait for ten minutes at most for a Retry-After of %s, say so once, and can be let go',
    async (_case, status, retryAfter) => {
      const { emulator, imports, logged } = bench;
      const busy = emulator.faults.add({
        route: 'upload_via_url',
        status,
        times: null,
        headers: { 'retry-after': retryAfter },
      });
      await imports.add(Array.from({ length: 4 }, (_, i) => ({ url: `${bench.address}/${i}.jpg` })));
      bench.work({ concurrency: 4, maximumRateLimitDelay: 100 });
      await expect.poll(() => imports.queue.getRateLimitTtl()).toBeGreaterThan(0);
      await expect.poll(() => imports.queue.getActiveCount()).toBe(0);
      const leftMs = await imports.queue.getRateLimitTtl();
      expect(leftMs).toBeGreaterThan(500_000);
      expect(leftMs).toBeLessThanOrEqual(600_000);
      expect(logged.filter(([, message]) => message.includes('removeRateLimitKey()'))).toEqual([
        [
          expect.objectContaining({ queue: imports.queue.name, waitSeconds: 600 }),
          expect.stringMatching(/^Imgwire asks to be called again in .+ all workers .+ wait for 600 seconds/),
        ],
      ]);
      busy.remove();
      await imports.queue.removeRateLimitKey();
      await bench.drained();
      expect(await imports.progress()).toMatchObject({ completed: 4, failed: 0 });
    },
  );

  it('say nothing of a wait that is short', async () => {
    bench.emulator.faults.add({ route: 'upload_via_url', status: 429, headers: { 'retry-after': '1' } });
    await bench.imports.add([{ url: `${bench.address}/a.jpg` }]);
    bench.work();
    await bench.drained();
    expect(bench.logged).toEqual([]);
  });
});

describeWithRedis('while Redis refuses commands', () => {
  const bench = useImports((_req, res) => res.end(jpeg));
  let admin: Redis;
  let undo: RollbackQueue;
  beforeEach(() => {
    admin = new Redis(bench.redis.connection);
    undo = rollbackQueue({ connection: bench.redis.connection });
  });
  afterEach(async () => {
    await undo.close();
    await roomy();
    await admin.replicaof('NO', 'ONE');
    await admin.flushall();
    await admin.quit();
  });

  const urls = (count: number): ImportItem[] =>
    Array.from({ length: count }, (_, i) => ({ url: `${bench.address}/${i}.jpg` }));
  const full = (): Promise<unknown> => admin.config('SET', 'maxmemory', '1');
  const roomy = (): Promise<unknown> => admin.config('SET', 'maxmemory', '0');
  const cases: readonly [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    ['above its maxmemory', full, roomy],
    [
      'because it is a replica, as after a failover',
      async () => admin.replicaof('127.0.0.1', Number(await freePort())),
      () => admin.replicaof('NO', 'ONE'),
    ],
  ];

  describe.each(cases)('%s', (_case, refuse, accept) => {
    /** Errors of the worker until it has paused for the third time. */
    async function pausesOf(worker: Worker): Promise<void> {
      const errors: Error[] = [];
      const paused: number[] = [];
      worker.on('error', (error) => errors.push(error));
      worker.on('paused', () => paused.push(performance.now()));
      await expect.poll(() => paused.length === 3 || errors.length > 200).toBe(true);
      expect(errors.length).toBeLessThan(50);
      const [first = 0, second = 0, third = 0] = paused;
      expect(third - second).toBeGreaterThan(second - first);
    }

    it('a worker of imports pauses, longer each time, and imports all when it can', async () => {
      await bench.imports.add(urls(50));
      await refuse();
      const worker = bench.work();
      await pausesOf(worker);
      await accept();
      await bench.drained();
      expect(await bench.imports.progress()).toMatchObject({ completed: 50, failed: 0 });
      expect(worker.isPaused()).toBe(false);
    });

    it('a worker of records to delete does so, too', async () => {
      for (let i = 0; i < 5; i++) await undo.queue.add('undo', { imageId: randomUUID() });
      await refuse();
      const worker = undo.worker(bench.imgwire);
      await pausesOf(worker);
      await accept();
      await expect.poll(() => undo.queue.getWaitingCount()).toBe(0);
      await worker.close();
    });
  });

  it('a worker goes on with what it had begun, and imports each item once', async () => {
    const { emulator, imports } = bench;
    emulator.faults.add({ route: 'upload_via_url', delayMs: 300, times: null });
    await imports.add(urls(10));
    const worker = bench.work({ concurrency: 2, lockDuration: 1_000, stalledInterval: 500 });
    worker.on('error', () => undefined);
    await emulator.waitFor(({ requests }) => requests.length === 2);
    await full();
    await expect.poll(() => worker.isPaused()).toBe(true);
    await roomy();
    await bench.drained();
    expect(await imports.progress()).toMatchObject({ completed: 10, failed: 0 });
    expect(emulator.images.list()).toHaveLength(10);
  });

  it('a worker that has paused can be closed', async () => {
    await bench.imports.add(urls(1));
    await full();
    const worker = bench.work();
    worker.on('error', () => undefined);
    await expect.poll(() => worker.isPaused()).toBe(true);
    await worker.close();
    await roomy();
    expect(await bench.imports.progress()).toMatchObject({ remaining: 1 });
  });

  it('a worker that nobody listens to says so on the console, as BullMQ does', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => told.mockRestore());
    await bench.imports.add(urls(1));
    await full();
    const worker = bench.work();
    await expect.poll(() => worker.isPaused()).toBe(true);
    await roomy();
    expect(told).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringMatching(/^OOM /) }));
  });

  it('an add rejects, and adds the rest when it is called again', async () => {
    await bench.imports.add(urls(1));
    await full();
    await expect(bench.imports.add(urls(3))).rejects.toThrow(/OOM/);
    await roomy();
    expect(await bench.imports.add(urls(3))).toBe(3);
    expect(await bench.imports.progress()).toMatchObject({ remaining: 3 });
  });
});
