import { type RollbackQueue, rollbackQueue } from '@imgwire/bullmq';
import { createImgwire, type Imgwire, ImgwireError } from '@imgwire/core';
import { type DirectNotes, directUploadEndpoint } from '@imgwire/core/adapter';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Begun, type Completed, declare, put } from '../support/direct-client.ts';
import { noteStates, passTime } from '../support/due-notes.ts';
import { makeImage } from '../support/images.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis.ts';

const png = await makeImage('image/png', { width: 8, height: 8 });

describeWithRedis('direct uploads with notes', () => {
  let server: RedisServer;
  let redis: Redis;
  let emulator: Emulator;
  let imgwire: Imgwire;
  let undo: RollbackQueue;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.connection);
  });
  afterAll(async () => {
    await redis.quit();
    await server.close();
  });
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url, logger: {} });
    undo = rollbackQueue({ connection: server.connection, staleAfterMs: 1_000 });
  });
  afterEach(async () => {
    await undo.close();
    await imgwire.close();
    await emulator.close();
    await redis.flushall();
  });

  /** Sweeps until no note is left. */
  async function sweep(isStored?: (id: string) => Promise<boolean>): Promise<void> {
    await passTime(redis);
    const worker = undo.worker(imgwire, { isStored });
    await expect.poll(() => noteStates(redis)).toEqual([]);
    await worker.close();
  }

  const hasRow = async (id: string): Promise<boolean> => (await redis.sismember('rows', id)) === 1;
  const left = (): string[] => emulator.images.list().map(({ id }) => id);

  /** An endpoint in this process, another one for each call. */
  function open(rules: object = {}, notes: DirectNotes = undo.direct) {
    const endpoint = directUploadEndpoint({
      ...{ imgwire, notes, authorize: () => true, subject: null },
      ...{ onStored: ({ id }: { id: string }) => redis.sadd('rows', id), ...rules },
    });
    const post = async (body: object) => {
      const response = await endpoint({ method: 'POST', headers: {}, url: '/photos' }, { body: () => body });
      const { uploads, results, code } = (response.body ?? {}) as {
        uploads?: Begun[];
        results?: Completed[];
        code?: string;
      };
      return {
        status: response.status,
        code,
        begun: uploads?.[0] as Begun,
        result: results?.[0] as Completed,
      };
    };
    return {
      post,
      complete: (ticket: string) => post({ completed: [ticket] }),
      begin: async () => (await post({ files: [declare(png)] })).begun,
    };
  }

  it('are completed in any process, stored once, and struck out later', async () => {
    const [one, other] = [open(), open()];
    const begun = await one.begin();
    expect(await noteStates(redis)).toEqual(['open']);
    await put(begun, png);
    const { status, result } = await other.complete(begun.ticket);
    expect({ status, data: result.data }).toEqual({ status: 200, data: 1 });
    expect(await noteStates(redis)).toEqual(['done']);
    // Its data is not kept: onStored was not called.
    const again = await one.complete(begun.ticket);
    expect({ status: again.status, id: again.result.image?.id, data: again.result.data }).toEqual({
      status: 200,
      id: begun.imageId,
      data: undefined,
    });
    await sweep();
    expect(left()).toEqual([begun.imageId]);
  });

  it('are deleted when nobody has completed them, whatever their status', async () => {
    const { begin } = open();
    const [never, arrived] = [await begin(), await begin()];
    await put(arrived, png);
    await sweep();
    expect(left()).toEqual([]);
    expect(await open().complete(never.ticket)).toMatchObject({ status: 410, code: 'TICKET_EXPIRED' });
    expect(await open().complete(arrived.ticket)).toMatchObject({ status: 410, code: 'TICKET_EXPIRED' });
  });

  it('are stored once by two processes at once: one is told to ask again, and then that it is done', async () => {
    let finish = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let calls = 0;
    const onStored = async (): Promise<number> => {
      calls += 1;
      await held;
      return calls;
    };
    const [one, other] = [open({ onStored }), open({ onStored })];
    const { ticket } = await one.begin().then(async (begun) => {
      await put(begun, png);
      return begun;
    });
    const first = one.complete(ticket);
    await expect.poll(() => noteStates(redis)).toEqual(['storing']);
    expect(await other.complete(ticket)).toMatchObject({ status: 202, result: { pending: true } });
    finish();
    expect(await first).toMatchObject({ status: 200, result: { data: 1 } });
    expect(await other.complete(ticket)).toMatchObject({ status: 200 });
    expect(calls).toBe(1);
  });

  it('are open again when onStored throws, and deleted when it rejects the image', async () => {
    const errors: unknown[] = [new Error('away'), new ImgwireError('INVALID_METADATA')];
    const onStored = (): never => {
      throw errors.shift();
    };
    const { begin, complete } = open({ onStored });
    const { ticket, ...begun } = await begin();
    await put({ ticket, ...begun }, png);
    expect(await complete(ticket)).toMatchObject({ status: 500, code: 'COMPLETION_FAILED' });
    expect({ states: await noteStates(redis), left: left() }).toEqual({
      states: ['open'],
      left: [begun.imageId],
    });
    expect(await complete(ticket)).toMatchObject({ status: 400, code: 'INVALID_METADATA' });
    expect({ states: await noteStates(redis), left: left() }).toEqual({ states: [], left: [] });
  });

  it('leave no note when they are cancelled', async () => {
    const { begin, post } = open();
    const { ticket } = await begin();
    expect((await post({ cancelled: [ticket] })).status).toBe(204);
    expect({ states: await noteStates(redis), left: left() }).toEqual({ states: [], left: [] });
  });

  it('are not begun, not completed, and not called back while Redis is away', async () => {
    const away = async (): Promise<never> => Promise.reject(new Error('Redis is away'));
    const issue = await open({}, { ...undo.direct, issue: away }).post({ files: [declare(png)] });
    expect(issue).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
    expect({ left: left(), calls: emulator.requests.length }).toEqual({ left: [], calls: 0 });

    const begun = await open().begin();
    await put(begun, png);
    expect(await open({}, { ...undo.direct, begin: away }).complete(begun.ticket)).toMatchObject({
      status: 503,
    });
    expect(await hasRow(begun.imageId)).toBe(false);

    // It is stored, and the note says storing: the sweep asks.
    expect(await open({}, { ...undo.direct, end: away }).complete(begun.ticket)).toMatchObject({
      status: 200,
    });
    expect(await noteStates(redis)).toEqual(['storing']);
    await sweep(hasRow);
    expect(left()).toEqual([begun.imageId]);
  });

  it('of which one takes over from another that is silent and throws, keep what that may have stored', async () => {
    const { begin } = open();
    const begun = await begin();
    await put(begun, png);
    const key = (await redis.hkeys('bull:imgwire-undo:direct:notes'))[0] as string;
    expect(await undo.direct.begin(key, 'store')).toBe('ours');
    expect(await undo.direct.begin(key, 'store')).toBe('busy');
    await redis.sadd('rows', begun.imageId);
    await passTime(redis);
    expect(await undo.direct.begin(key, 'refuse')).toBe('busy');
    const onStored = (): never => {
      throw new Error('there is such a row');
    };
    expect(await open({ onStored }).complete(begun.ticket)).toMatchObject({ status: 500 });
    expect(await noteStates(redis)).toEqual(['doubted']);
    await sweep(hasRow);
    expect(left()).toEqual([begun.imageId]);
  });
});
