import { rollbackQueue } from '@imgwire/bullmq';
import { createImgwire } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { type Child, endChild, startChild } from '../support/child.ts';
import { postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis.ts';

const FULL = process.env['SOAK_FULL'] === '1';
const UPLOADS = inject('soak') ? (FULL ? 200 : 60) : 10;
const TOGETHER = 10;
/** The same in every process. */
const QUEUE = { staleAfterMs: 3_000 };
const bytes = await imageOfSize('image/jpeg', 200 * 1024);

describeWithRedis('the sweep behind killed servers', () => {
  let redis: RedisServer;
  let emulator: Emulator;
  let servers: Promise<Child>[];

  beforeEach(async () => {
    servers = [];
    redis = await startRedis();
    emulator = await startEmulator();
    // Long enough to be killed in the middle of it.
    emulator.faults.add({ route: 'create', delayMs: 20, times: null });
    emulator.faults.add({ route: 'put', readBytesPerSecond: 2 * 1024 * 1024, times: null });
  });
  afterEach(async () => {
    for (const server of servers) await endChild(await server, 'SIGKILL');
    await emulator.close();
    await redis.close();
  });

  function start(): Promise<Child> {
    const api = { apiKey: emulator.apiKey, baseUrl: emulator.url };
    const server = startChild('undoing-server.ts', {
      ...{ api, connection: redis.connection, queue: QUEUE },
    });
    servers.push(server);
    return server;
  }

  it(`leaves no record PENDING of ${UPLOADS} uploads, and touches no stored image`, async () => {
    const answered: string[] = [];
    let next = start();
    for (let sent = 0, seed = 1; sent < UPLOADS; sent += TOGETHER) {
      const server = await next;
      // The next one starts while this one works.
      if (sent + TOGETHER < UPLOADS) next = start();
      const upload = async (i: number): Promise<void> => {
        const photo = { name: 'photo', fileName: `${sent + i}.jpg`, bytes };
        // A server that is killed does not answer.
        const answer = await postForm(server.line, [photo]).catch(() => undefined);
        if (answer?.status === 200) answered.push(String(Object(answer.json).id));
      };
      // One is stored for certain.
      await upload(0);
      const [begun, before] = [emulator.requests.length, answered.length];
      const uploads = Array.from({ length: TOGETHER - 1 }, (_, i) => upload(i + 1));
      // A random moment: from the first record to the last answer; of the first server, when all are begun.
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      const moment = sent === 0 ? uploads.length : 1 + ((seed >>> 8) % (3 * uploads.length));
      await expect
        .poll(() => emulator.requests.length - begun + answered.length - before)
        .toBeGreaterThanOrEqual(moment);
      await endChild(server, 'SIGKILL');
      await Promise.all(uploads);
    }
    await expect.poll(() => emulator.requests.filter(({ state }) => state === 'open')).toEqual([]);
    const pending = emulator.images.list().filter(({ status }) => status === 'PENDING').length;
    const stored = emulator.images.list().filter(({ status }) => status !== 'PENDING');
    emulator.faults.clear();

    const undo = rollbackQueue({ connection: redis.connection, ...QUEUE });
    const imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    const worker = undo.worker(imgwire);
    const client = new Redis(redis.connection);
    await expect.poll(() => client.zcard('bull:imgwire-undo:uploads')).toBe(0);
    // The sweep has added each of them to the queue.
    const undos = async (): Promise<number> =>
      (await undo.queue.getJobs()).filter(({ name }) => name === 'undo').length;
    await expect.poll(undos).toBe(0);
    await client.quit();
    await worker.close();
    await undo.close();
    await imgwire.close();
    console.info(
      `${UPLOADS} uploads: ${answered.length} answered, ${stored.length} stored, ${pending} left PENDING`,
    );

    expect(pending).toBeGreaterThan(0);
    expect(answered.length).toBeGreaterThanOrEqual(UPLOADS / TOGETHER);
    expect(emulator.images.list()).toEqual(stored);
    expect(stored.map(({ id }) => id)).toEqual(expect.arrayContaining(answered));
    for (const { id } of stored) expect(await emulator.images.bytes(id)).toEqual(bytes);
  });
});
