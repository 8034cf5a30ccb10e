import { createServer, type IncomingMessage } from 'node:http';
import { type RollbackQueue, type RollbackQueueOptions, rollbackQueue } from '@imgwire/bullmq';
import {
  createImgwire,
  type Imgwire,
  type ImgwireOptions,
  type ReceivedFile,
  type ReceivedForm,
  type UploadRules,
} from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import type { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis.ts';

const file = await image('image/png');

describeWithRedis('the queue of records to delete', () => {
  let redis: RedisServer;
  let client: Redis;
  let emulator: Emulator;
  let undo: RollbackQueue;
  let imgwire: Imgwire;
  let worker: Worker | undefined;
  let errors: object[];
  let other: RedisServer | undefined;

  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.connection);
  });
  afterAll(async () => {
    await client.quit();
    await redis.close();
  });
  beforeEach(async () => {
    emulator = await startEmulator();
    worker = undefined;
    errors = [];
  });
  afterEach(async () => {
    await worker?.close();
    await imgwire.close();
    await undo.close();
    await other?.close();
    other = undefined;
    await emulator.close();
    await client.flushall();
  });

  function connect(options: Partial<RollbackQueueOptions> = {}, more: ImgwireOptions = {}): void {
    undo = rollbackQueue({ connection: redis.connection, ...options });
    imgwire = createImgwire({
      ...{ apiKey: emulator.apiKey, baseUrl: emulator.url, maxAttempts: 1, ...more },
      logger: { error: (context) => void errors.push(context) },
      onRollbackFailed: undo.onRollbackFailed,
      beforeCreate: undo.beforeCreate,
    });
  }

  /** Stores the files of a form, as Express does. */
  const receive = async (
    form: FormData,
    rules: UploadRules<IncomingMessage>,
  ): Promise<readonly ReceivedFile[]> => {
    let received: Promise<ReceivedForm> | undefined;
    const server = createServer((req, res) => {
      received = imgwire.receive(req, rules, res);
      received.finally(() => res.end()).catch(() => undefined);
    });
    await fetch(await listen(server), { method: 'POST', body: form });
    server.close();
    return (await received)?.files ?? [];
  };
  const noted = (): Promise<string[]> => client.zrange('bull:imgwire-undo:uploads', '0', '-1');
  /** Beside the job of each sweep. */
  const undos = async (): Promise<number> =>
    (await undo.queue.getJobs(['waiting', 'active'])).filter(({ name }) => name === 'undo').length;
  /** What waits for its next try need not wait any longer. */
  const promoted = async (): Promise<number> => {
    const delayed = (await undo.queue.getDelayed()).filter(({ name }) => name === 'undo');
    for (const job of delayed) await job.promote();
    return delayed.length;
  };
  /** Resolves when a few sweeps have passed. */
  const swept = async (): Promise<void> => {
    let sweeps = 0;
    worker?.on('completed', ({ name }) => {
      if (name === 'sweep') sweeps++;
    });
    await expect.poll(() => sweeps).toBeGreaterThan(3);
  };
  const waiting = (): Promise<unknown> => expect.poll(undos).toBe(1);
  const emptied = (): Promise<unknown> => expect.poll(() => emulator.images.list()).toEqual([]);

  it('deletes a record that could not be deleted', async () => {
    connect();
    emulator.faults.add({ route: 'put', status: 400 });
    emulator.faults.add({ route: 'delete', status: 500 });
    await expect(imgwire.upload({ file })).rejects.toThrow();
    expect(emulator.images.list()).toHaveLength(1);
    await waiting();
    worker = undo.worker(imgwire);
    await emptied();
    await expect.poll(undos).toBe(0);
    expect(await undo.queue.getFailedCount()).toBe(0);
  });

  it('tries again while the service is away', async () => {
    connect();
    emulator.faults.add({ route: 'put', status: 400 });
    emulator.faults.add({ route: 'delete', status: 503, times: 2, headers: { 'retry-after': '1' } });
    await expect(imgwire.upload({ file })).rejects.toThrow();
    await waiting();
    worker = undo.worker(imgwire);
    await expect.poll(promoted).toBe(1);
    await emptied();
  });

  it('deletes a record of which only the key is known', async () => {
    connect();
    emulator.faults.add({ route: 'create', afterProcessing: true });
    emulator.faults.add({ route: 'create', status: 500 });
    await expect(imgwire.upload({ file })).rejects.toThrow();
    expect(emulator.images.list()).toMatchObject([{ status: 'PENDING' }]);
    await waiting();
    worker = undo.worker(imgwire);
    await emptied();
  });

  it('leaves an image that another request has stored under the key', async () => {
    connect({ staleAfterMs: 500 });
    emulator.faults.add({ route: 'put', status: 400 });
    emulator.faults.add({ route: 'retrieve', status: 500 });
    await expect(imgwire.upload({ file, idempotencyKey: 'mine' })).rejects.toThrow();
    await expect.poll(noted).toEqual(['mine']);
    await imgwire.upload({ file, idempotencyKey: 'mine' });
    worker = undo.worker(imgwire);
    await swept();
    expect(await noted()).toEqual([]);
    expect(emulator.images.list()).toMatchObject([{ status: 'READY' }]);
  });

  it('leaves an image that a process without the queue has stored under the key', async () => {
    connect({ staleAfterMs: 500 });
    emulator.faults.add({ route: 'put', status: 400 });
    emulator.faults.add({ route: 'retrieve', status: 500 });
    await expect(imgwire.upload({ file, idempotencyKey: 'mine' })).rejects.toThrow();
    await expect.poll(noted).toEqual(['mine']);
    const other = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    await other.upload({ file, idempotencyKey: 'mine' });
    await other.close();
    worker = undo.worker(imgwire);
    await expect.poll(noted).toEqual([]);
    expect(emulator.images.list()).toMatchObject([{ status: 'READY' }]);
  });

  it('deletes a record of a key of the user that could not be deleted, if nobody uses the key', async () => {
    connect({ staleAfterMs: 500 });
    emulator.faults.add({ route: 'put', status: 400 });
    emulator.faults.add({ route: 'retrieve', status: 500 });
    await expect(imgwire.upload({ file, idempotencyKey: 'mine' })).rejects.toThrow();
    worker = undo.worker(imgwire);
    await emptied();
    await expect.poll(noted).toEqual([]);
  });

  it('notes an upload before its record is created, and strikes it when it is stored', async () => {
    connect();
    const stall = emulator.faults.add({ route: 'create', stallAfterBytes: 0 });
    const upload = imgwire.upload({ file, idempotencyKey: 'one' });
    await emulator.waitFor(({ requests }) => requests.length === 1);
    expect(await noted()).toEqual(['one']);
    stall.remove();
    await upload;
    await expect.poll(noted).toEqual([]);
    expect(await client.keys('bull:imgwire-undo:uploads*')).toEqual([]);
  });

  it('sweeps a record that its process has left PENDING', async () => {
    connect({ staleAfterMs: 500 });
    // Its process vouches for nothing any more.
    const dead = rollbackQueue({ connection: redis.connection, staleAfterMs: 500 });
    const left = await dead.beforeCreate({ idempotencyKey: 'killed' });
    const { image: record } = await imgwire.createDirectUpload({
      fileName: 'a.png',
      idempotencyKey: 'killed',
    });
    left.onCreated(record.id);
    // Killed before the service has answered; and before it was asked.
    await dead.beforeCreate({ idempotencyKey: 'unanswered' });
    await imgwire.createDirectUpload({ fileName: 'a.png', idempotencyKey: 'unanswered' });
    await dead.beforeCreate({ idempotencyKey: 'unasked' });
    // Killed between the last byte and the strike.
    const stored = await dead.beforeCreate({ idempotencyKey: 'stored' });
    const { id } = await imgwire.upload({ file, idempotencyKey: 'other' });
    stored.onCreated(id);
    await imgwire.createDirectUpload({ fileName: 'nobody noted.png' });
    await dead.close();
    expect(await noted()).toEqual(expect.arrayContaining(['killed', 'unanswered', 'unasked', 'stored']));
    worker = undo.worker(imgwire);
    await expect.poll(noted).toEqual([]);
    await expect.poll(undos).toBe(0);
    expect(emulator.images.list()).toMatchObject([
      { id, status: 'READY' },
      { original_filename: 'nobody noted.png', status: 'PENDING' },
    ]);
  });

  it('sweeps no upload that its process still sends, however long that takes', async () => {
    connect({ staleAfterMs: 1_000 });
    worker = undo.worker(imgwire);
    const fault = emulator.faults.add({ route: 'put', stallAfterBytes: 1 });
    const upload = imgwire.upload({ file, idempotencyKey: 'slow' });
    await emulator.waitFor(() => fault.hits === 1);
    await swept();
    await swept();
    await swept();
    fault.remove();
    expect(await upload).toMatchObject({ id: emulator.images.list()[0]?.id });
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put']);
  });

  it('tries again what a sweep has found and could not delete', async () => {
    connect({ staleAfterMs: 500 });
    await client.zadd('bull:imgwire-undo:uploads', 1, 'killed');
    await imgwire.createDirectUpload({ fileName: 'a.png', idempotencyKey: 'killed' });
    const fault = emulator.faults.add({ route: 'delete', status: 500 });
    worker = undo.worker(imgwire);
    await emulator.waitFor(() => fault.hits === 1);
    await emptied();
    await expect.poll(noted).toEqual([]);
    expect((await undo.queue.getFailed())[0]?.failedReason).toMatch(/^UPSTREAM_UNAVAILABLE 500/);
  });

  it('deletes no record whose key is used again, however often it had tried to', async () => {
    connect({ staleAfterMs: 1_000 });
    await client.zadd('bull:imgwire-undo:uploads', 1, 'order-17');
    await imgwire.createDirectUpload({ fileName: 'a.png', idempotencyKey: 'order-17' });
    const failing = emulator.faults.add({ route: 'delete', status: 500, times: null });
    const stalled = emulator.faults.add({ route: 'put', stallAfterBytes: 1 });
    worker = undo.worker(imgwire);
    await emulator.waitFor(() => failing.hits > 1);
    const upload = imgwire.upload({ file, idempotencyKey: 'order-17' });
    await emulator.waitFor(() => stalled.hits === 1);
    const tries = failing.hits;
    failing.remove();
    await swept();
    expect(emulator.requests.filter(({ route }) => route === 'delete')).toHaveLength(tries);
    stalled.remove();
    expect(await upload).toMatchObject({ id: emulator.images.list()[0]?.id });
    await swept();
    expect(emulator.images.list()).toMatchObject([{ status: 'READY' }]);
  });

  it.each([
    ['has deleted its record', {}],
    ['could not delete its record', { status: 500 }],
  ])(
    'leaves the note of another process alone, of a sweep that took too long, and %s',
    async (_how, fault) => {
      connect({ staleAfterMs: 500 });
      await client.zadd('bull:imgwire-undo:uploads', 1, 'order-17');
      await imgwire.createDirectUpload({ fileName: 'a.png', idempotencyKey: 'order-17' });
      emulator.faults.add({ route: 'delete', delayMs: 500, ...fault });
      worker = undo.worker(imgwire);
      await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'delete'));
      // Its claim has ended, and another process uses the key.
      const until = Date.now() + 3_600_000;
      await client.zadd('bull:imgwire-undo:uploads', until, 'order-17');
      await emulator.waitFor(({ requests }) =>
        requests.some(({ route, state }) => route === 'delete' && state === 'finished'),
      );
      await swept();
      expect(await client.zscore('bull:imgwire-undo:uploads', 'order-17')).toBe(String(until));
    },
  );

  it('lets an upload wait for the sweep that is deleting the record of its key', async () => {
    connect({ staleAfterMs: 1_000 });
    await client.zadd('bull:imgwire-undo:uploads', 1, 'order-17');
    await imgwire.createDirectUpload({ fileName: 'a.png', idempotencyKey: 'order-17' });
    emulator.faults.add({ route: 'delete', delayMs: 1_500 });
    worker = undo.worker(imgwire);
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'delete'));
    const { id } = await imgwire.upload({ file, idempotencyKey: 'order-17' });
    await emulator.waitFor(({ requests }) => requests.every(({ state }) => state !== 'open'));
    expect(emulator.images.list()).toMatchObject([{ id, status: 'READY' }]);
  });

  it('deletes nothing under a key that is used again after its image was stored and could not be discarded', async () => {
    connect({ staleAfterMs: 500 });
    const form = new FormData();
    form.append('a', new Blob([new Uint8Array(file)]), 'a.png');
    const [stored] = await receive(form, { metadata: () => ({ idempotencyKey: 'mine' }) });
    emulator.faults.add({ route: 'delete', status: 500 });
    await stored?.discard();
    await expect.poll(noted).toEqual(['mine']);
    const again = await imgwire.upload({ file, idempotencyKey: 'mine' });
    worker = undo.worker(imgwire);
    await swept();
    expect(emulator.images.list()).toMatchObject([{ id: again.id }]);
  });

  it('deletes an image that was stored under the user’s key and could not be discarded, if nobody uses the key', async () => {
    connect({ staleAfterMs: 500 });
    const form = new FormData();
    form.append('a', new Blob([new Uint8Array(file)]), 'a.png');
    const [stored] = await receive(form, { metadata: () => ({ idempotencyKey: 'mine' }) });
    emulator.faults.add({ route: 'delete', status: 500 });
    await stored?.discard();
    worker = undo.worker(imgwire);
    await emptied();
  });

  it('vouches for the second of two uploads with one key when the first is over', async () => {
    connect({ staleAfterMs: 600 });
    const stalled = emulator.faults.add({ route: 'put', stallAfterBytes: 1 });
    const first = imgwire.upload({ file, idempotencyKey: 'twice' });
    await emulator.waitFor(() => stalled.hits === 1);
    const second = await undo.beforeCreate({ idempotencyKey: 'twice' });
    second.onSettled();
    worker = undo.worker(imgwire);
    await swept();
    expect(await noted()).toEqual(['twice']);
    stalled.remove();
    await first;
    await expect.poll(noted).toEqual([]);
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put']);
  });

  it.each([0, 99, 1_000.5, 2 ** 31, Number.POSITIVE_INFINITY, '600000'])(
    'does not take a staleAfterMs of %s',
    (staleAfterMs) => {
      const options = { connection: redis.connection, staleAfterMs: staleAfterMs as number };
      expect(() => rollbackQueue(options)).toThrow(/"staleAfterMs" must be an integer/);
      connect();
    },
  );

  it('vouches for an upload whose note was written late', async () => {
    connect({ staleAfterMs: 1_500 });
    undo.queue.on('error', (error) => errors.push(error));
    await undo.queue.waitUntilReady();
    const stalled = emulator.faults.add({ route: 'put', stallAfterBytes: 1 });
    await client.call('CLIENT', 'PAUSE', 1_200);
    const upload = imgwire.upload({ file, idempotencyKey: 'late' });
    await emulator.waitFor(() => stalled.hits === 1);
    expect(errors).toMatchObject([
      { message: expect.stringMatching(/^Redis has not responded within 1000 ms/) },
    ]);
    await expect.poll(noted).toEqual(['late']);
    worker = undo.worker(imgwire);
    await swept();
    stalled.remove();
    await upload;
    await expect.poll(noted).toEqual([]);
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put']);
  });

  it('sweeps on when Redis has lost its data', async () => {
    connect({ staleAfterMs: 500 });
    worker = undo.worker(imgwire);
    await swept();
    await client.flushall();
    await client.zadd('bull:imgwire-undo:uploads', 1, 'killed');
    await imgwire.createDirectUpload({ fileName: 'a.png', idempotencyKey: 'killed' });
    await emptied();
  });

  it('holds up no upload for longer than a second when Redis is away', async () => {
    other = await startRedis();
    connect({ connection: other.connection });
    await imgwire.upload({ file });
    await other.stop();
    undo.queue.on('error', (error) => /an upload goes on/.test(error.message) && errors.push(error));
    expect(await imgwire.upload({ file, idempotencyKey: 'unnoted' })).toMatchObject({
      id: expect.any(String),
    });
    expect(errors).toMatchObject([{ message: expect.stringMatching(/^Redis (is away|has not responded)/) }]);
    await other.start();
    const unnoted = async (): Promise<number> => {
      const before = errors.length;
      await imgwire.upload({ file });
      return errors.length - before;
    };
    await expect.poll(unnoted).toBe(0);
  });
});
