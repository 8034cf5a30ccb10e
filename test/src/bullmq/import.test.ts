import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis.ts';

describeWithRedis('the queue of imports', () => {
  let redis: RedisServer;
  let source: Server;
  let address: string;
  let emulator: Emulator;
  let imgwire: Imgwire;
  let imports: ImportQueue;
  let workers: Worker<ImportItem, ImportResult>[];

  beforeAll(async () => {
    redis = await startRedis();
    const jpeg = await image('image/jpeg');
    source = createServer((_req, res) => res.end(jpeg));
    address = await listen(source);
  });
  afterAll(async () => {
    source.close();
    await redis.close();
  });
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url, maxAttempts: 1 });
    imports = importQueue({ connection: redis.connection });
    workers = [];
  });
  afterEach(async () => {
    for (const worker of workers) await worker.close();
    await imports.queue.obliterate({ force: true });
    await imports.close();
    await imgwire.close();
    await emulator.close();
  });

  function work(options: Partial<ImportWorkerOptions> = {}): Worker<ImportItem, ImportResult> {
    const worker = importWorker({ imgwire, connection: redis.connection, ...options });
    workers.push(worker);
    return worker;
  }

  const urls = (count: number): ImportItem[] =>
    Array.from({ length: count }, (_, i) => ({ url: `${address}/${i}.jpg`, purpose: 'import' }));

  const drained = (): Promise<unknown> =>
    expect.poll(() => imports.progress(), { timeout: 60_000 }).toMatchObject({ remaining: 0 });

  it('imports each item once, however often it is added, and by any worker', async () => {
    expect(await imports.add(urls(30))).toBe(30);
    expect(await imports.add(urls(30))).toBe(30);
    expect(await imports.progress()).toEqual({ completed: 0, failed: 0, remaining: 30 });
    work();
    work();
    await drained();
    expect(await imports.progress()).toEqual({ completed: 30, failed: 0, remaining: 0 });
    expect(new Set(emulator.images.list().map(({ original_filename: name }) => name)).size).toBe(30);
    expect(emulator.requests).toHaveLength(30);
    const [job] = await imports.queue.getCompleted(0, 0);
    expect(emulator.images.get(job?.returnvalue.id ?? '')?.cdn_url).toBe(job?.returnvalue.cdn_url);
  });

  it('takes items as they come, and keys that BullMQ does not take as ids', async () => {
    const taken: number[] = [];
    async function* items(): AsyncGenerator<ImportItem> {
      for (const idempotencyKey of ['7', 'a:b', 'a:b:c', 'ä/%', 'a:b']) {
        taken.push(await imports.queue.getWaitingCount());
        yield { url: `${address}/one.jpg`, idempotencyKey };
      }
      for (const item of urls(1_000)) yield item;
      taken.push(await imports.queue.getWaitingCount());
    }
    expect(await imports.add(items())).toBe(1_005);
    expect(taken).toEqual([0, 0, 0, 0, 0, 999]);
    expect(await imports.progress()).toMatchObject({ remaining: 1_004 });
  });

  it.each<[string, unknown]>([
    ['an empty key', { path: '/mnt/a.jpg', idempotencyKey: '' }],
    ['a file without a key', { path: '/mnt/a.jpg' }],
    ['neither a URL nor a path', { uri: 'https://a.example.com', idempotencyKey: 'a' }],
    ['a key of 256 characters', { url: 'https://a.example.com', idempotencyKey: 'a'.repeat(256) }],
    ['half a character in its key', { url: 'https://a.example.com', idempotencyKey: '\ud800' }],
    ['a URL object', { url: new URL('https://a.example.com') }],
    ['null in its place', null],
    ['nothing in its place', undefined],
    ['a text in its place', 'https://a.example.com'],
    ['a number in its place', 7],
    ['a list in its place', ['https://a.example.com']],
  ])('adds no item with %s, and says which', async (_case, item) => {
    const adding = imports.add([{ url: 'https://a.example.com' }, item as ImportItem]);
    await expect(adding).rejects.toThrow(
      `importQueue().add(): item 1 must have a url, or a path and an idempotencyKey, of 1 to 255 characters: ${JSON.stringify(item)}`,
    );
    await expect(adding).rejects.toBeInstanceOf(TypeError);
    expect(await imports.progress()).toMatchObject({ remaining: 0 });
  });

  it.each<[string, unknown]>([
    ['one item', { url: 'https://a.example.com' }],
    ['a URL', 'https://a.example.com'],
    ['nothing', undefined],
  ])('adds nothing for %s in the place of several, and says what to write', async (_case, items) => {
    const adding = imports.add(items as ImportItem[]);
    await expect(adding).rejects.toThrow(
      /^importQueue\(\)\.add\(\) takes an array .* write add\(\[\{ … \}\]\)\.$/,
    );
    await expect(adding).rejects.toBeInstanceOf(TypeError);
  });

  it.each<[string, object, string]>([
    ['an unknown name', { url: 'https://a.example.com', filename: 'a' }, 'did you mean "fileName"?'],
    ['a path beside its URL', { url: 'https://a.example.com', path: '/a' }, 'unknown option "path"'],
    [
      'a wait of no length',
      { url: 'https://a.example.com', waitUntilReady: -1 },
      'option "waitUntilReady" must',
    ],
  ])('adds no item with %s, and says what is wrong', async (_case, item, said) => {
    const adding = imports.add([{ url: 'https://a.example.com' }, item as ImportItem]);
    await expect(adding).rejects.toThrow(said);
    await expect(adding).rejects.toThrow('importQueue().add(): item 1: ');
    expect(await imports.progress()).toMatchObject({ remaining: 0 });
  });

  it('says the index of an item over all that were added, and which value is none of JSON', async () => {
    async function* items(): AsyncGenerator<ImportItem> {
      yield* urls(700);
      yield 7n as never;
    }
    await expect(imports.add(items())).rejects.toThrow(/ item 700 must have .+: 7$/);
  });

  it('adds all items, though Redis is killed in the middle', async () => {
    const other = await startRedis();
    const queue = importQueue({ connection: other.connection });
    queue.queue.on('error', () => undefined);
    const adding = queue.add(urls(6_000));
    await expect.poll(() => queue.queue.getWaitingCount()).toBeGreaterThan(500);
    await other.kill();
    await other.start();
    expect(await adding).toBe(6_000);
    expect(await queue.progress()).toMatchObject({ remaining: 6_000 });
    await queue.close();
    await other.close();
  });

  it('ends an add that waits for Redis when it is closed', async () => {
    const other = await startRedis();
    const queue = importQueue({ connection: other.connection });
    queue.queue.on('error', () => undefined);
    await queue.queue.waitUntilReady();
    await other.stop();
    const adding = expect(queue.add(urls(1))).rejects.toThrow();
    await queue.close();
    await adding;
    await other.close();
  });

  it('ends an add over a connection that its owner has closed', async () => {
    const shared = new Redis({ ...redis.connection, maxRetriesPerRequest: null });
    const queue = importQueue({ connection: shared });
    await queue.add(urls(1));
    await shared.quit();
    await expect(queue.add(urls(2))).rejects.toThrow('Connection is closed');
  });

  it('fails an item with a wrong label, and its file is closed', async () => {
    const path = '/nowhere/a.jpg';
    await imports.add([
      { path, idempotencyKey: 'a', purpose: '' },
      { url: `${address}/a.jpg`, purpose: '' },
    ]);
    work({ concurrency: undefined as never });
    await drained();
    const reasons = (await imports.queue.getFailed()).map(({ failedReason }) => failedReason);
    expect(reasons).toEqual(Array(2).fill(expect.stringMatching(/option "purpose" must be/)));
  });

  it.each([402, 403])(
    'tries again what the account is refused, such as above its cap of pending uploads: %i',
    async (status) => {
      emulator.faults.add({ route: 'upload_via_url', status });
      await imports.add(urls(1));
      work();
      await drained();
      expect(await imports.progress()).toEqual({ completed: 1, failed: 0, remaining: 0 });
    },
  );

  it('counts no attempt for a 429, also without a Retry-After', async () => {
    emulator.faults.add({ route: 'upload_via_url', status: 429 });
    await imports.add(urls(1));
    work();
    await drained();
    const [job] = await imports.queue.getCompleted();
    expect(job?.attemptsMade).toBe(1);
  });

  it('imports files, under their names, and says which cannot be opened', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'import-'));
    const path = join(folder, 'lake.png');
    await writeFile(path, await image('image/png'));
    await imports.add([
      { path, idempotencyKey: 'lake', customMetadata: { album: 'summer' } },
      { path: join(folder, 'none.png'), idempotencyKey: 'none' },
    ]);
    work();
    await expect
      .poll(() => imports.queue.getDelayed())
      .toMatchObject([
        {
          failedReason: expect.stringMatching(
            /^SOURCE_FAILED: The file could not be read\. ENOENT: .*none\.png/,
          ),
        },
      ]);
    await imports.queue.drain(true);
    await drained();
    await rm(folder, { recursive: true });
    expect(emulator.images.list()).toMatchObject([
      { original_filename: 'lake.png', custom_metadata: { album: 'summer' }, status: 'READY' },
    ]);
  });

  it('gives up at once what cannot succeed, keeps it, and says why', async () => {
    emulator.faults.add({ route: 'upload_via_url', status: 413 });
    await imports.add([{ url: `${address}/large.jpg` }, { url: 'ftp://example.com/a.jpg' }]);
    work({ concurrency: 1 });
    await drained();
    const failed = (await imports.queue.getFailed()).map(({ data, failedReason, attemptsMade }) => {
      return { item: data, reason: failedReason, attempts: attemptsMade };
    });
    expect(failed.toSorted((a, b) => a.reason.localeCompare(b.reason))).toEqual([
      {
        attempts: 1,
        item: { url: 'ftp://example.com/a.jpg' },
        reason: expect.stringMatching(/^UPSTREAM_REJECTED 422: The image service rejected/),
      },
      {
        attempts: 1,
        item: { url: `${address}/large.jpg` },
        reason: expect.stringMatching(/^URL_FETCH_FAILED 413 .*: No image could be fetched/),
      },
    ]);
  });

  it('tries again what may pass', async () => {
    emulator.faults.add({ route: 'upload_via_url', status: 500, times: 2 });
    await imports.add(urls(1));
    work();
    await drained();
    expect(await imports.progress()).toEqual({ completed: 1, failed: 0, remaining: 0 });
    const [job] = await imports.queue.getCompleted();
    expect(job?.attemptsMade).toBe(3);
  });

  it('lets every worker wait when one is told to, and counts no attempt', async () => {
    emulator.faults.add({ route: 'upload_via_url', status: 429, headers: { 'retry-after': '1' } });
    await imports.add(urls(20));
    work({ concurrency: 1 });
    await emulator.waitFor(({ requests }) => requests[0]?.status === 429);
    const told = performance.now();
    // The worker tells the others before it puts its job back.
    await expect.poll(() => imports.queue.getActiveCount()).toBe(0);
    const other = importWorker({ imgwire, connection: redis.connection, concurrency: 1 });
    workers.push(other);
    const first = await emulator.waitFor(({ requests }) => requests[1]);
    const waited = performance.now() - told;
    await drained();
    expect(first.status ?? 200).toBe(200);
    expect(waited).toBeGreaterThan(500);
    expect(emulator.requests).toHaveLength(21);
    expect((await imports.queue.getCompleted()).map((job) => job.attemptsMade)).toEqual(Array(20).fill(1));
  });

  it('keeps the rate of all workers together', async () => {
    await imports.add(urls(9));
    const limiter = { max: 3, duration: 1_000 };
    work({ limiter });
    work({ limiter });
    const started = performance.now();
    await drained();
    // Three windows: the third begins two seconds after the first.
    expect(performance.now() - started).toBeGreaterThan(1_500);
    expect(emulator.images.list()).toHaveLength(9);
  });

  it('finishes what it has begun when it is stopped', async () => {
    emulator.faults.add({ route: 'upload_via_url', delayMs: 300, times: null });
    await imports.add(urls(8));
    const worker = work({ concurrency: 3 });
    await emulator.waitFor(({ requests }) => requests.length === 3);
    await worker.close();
    expect(emulator.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await imports.progress()).toEqual({ completed: 3, failed: 0, remaining: 5 });
  });

  it('begins again what a worker has left without a word', async () => {
    const fault = emulator.faults.add({ route: 'upload_via_url', delayMs: 2_000 });
    await imports.add(urls(1));
    // One at a time: with room for another it would take the job again itself, and lose it again, although it is paused.
    const alone = { concurrency: 1, skipLockRenewal: true, skipStalledCheck: true };
    const dead = work({ lockDuration: 200, ...alone });
    dead.on('error', () => undefined);
    await emulator.waitFor(() => fault.hits === 1);
    await dead.pause(true);
    work({ stalledInterval: 100 });
    await drained();
    expect(await imports.progress()).toMatchObject({ completed: 1, failed: 0 });
    await dead.close();
    expect(emulator.images.list()).toHaveLength(1);
    expect(emulator.requests).toHaveLength(2);
  });
});
