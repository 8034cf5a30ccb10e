import { rollbackQueue } from '@imgwire/bullmq';
import { ImgwireError } from '@imgwire/core';
import { type DirectNotes, directUploadEndpoint } from '@imgwire/core/adapter';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Begun, type Completed, declare, put } from '../support/direct-client.ts';
import { noteStates, passTime } from '../support/due-notes.ts';
import { freePort } from '../support/free-port.ts';
import { makeImage } from '../support/images.ts';
import { type NoteSetup, startNotes } from '../support/note-setup.ts';
import { describeWithRedis } from '../support/redis.ts';

const png = await makeImage('image/png', { width: 8, height: 8 });

describeWithRedis('direct uploads with notes', () => {
  let setup: NoteSetup;
  beforeAll(async () => {
    setup = await startNotes();
  });
  afterAll(() => setup.close());
  afterEach(async () => {
    await setup.emulator.reset();
    await setup.redis.flushall();
  });

  /** An endpoint in this process, another one for each call. */
  function open(rules: object = {}, notes: DirectNotes = setup.undo.direct) {
    const endpoint = directUploadEndpoint({
      ...{ imgwire: setup.imgwire, notes, authorize: () => true, subject: null },
      ...{ onStored: ({ id }: { id: string }) => setup.redis.sadd('rows', id), ...rules },
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
    expect(await noteStates(setup.redis)).toEqual(['open']);
    await put(begun, png);
    const { status, result } = await other.complete(begun.ticket);
    expect({ status, data: result.data }).toEqual({ status: 200, data: 1 });
    expect(await noteStates(setup.redis)).toEqual(['done']);
    // Its data is not kept: onStored was not called.
    const again = await one.complete(begun.ticket);
    expect({ status: again.status, id: again.result.image?.id, data: again.result.data }).toEqual({
      status: 200,
      id: begun.imageId,
      data: undefined,
    });
    await setup.sweep();
    expect(setup.left()).toEqual([begun.imageId]);
  });

  it('are deleted when nobody has completed them, whatever their status', async () => {
    const { begin } = open();
    const [never, arrived] = [await begin(), await begin()];
    await put(arrived, png);
    await setup.sweep();
    expect(setup.left()).toEqual([]);
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
    await expect.poll(() => noteStates(setup.redis)).toEqual(['storing']);
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
    expect({ states: await noteStates(setup.redis), left: setup.left() }).toEqual({
      states: ['open'],
      left: [begun.imageId],
    });
    expect(await complete(ticket)).toMatchObject({ status: 400, code: 'INVALID_METADATA' });
    expect({ states: await noteStates(setup.redis), left: setup.left() }).toEqual({ states: [], left: [] });
  });

  it('keep their note where somebody ends what they have not taken', async () => {
    await setup.undo.direct.issue('of another', 60_000);
    await setup.undo.direct.end('of another', 'struck');
    expect(await noteStates(setup.redis)).toEqual(['open']);
  });

  it('leave no note when they are cancelled', async () => {
    const { begin, post } = open();
    const { ticket } = await begin();
    expect((await post({ cancelled: [ticket] })).status).toBe(204);
    expect({ states: await noteStates(setup.redis), left: setup.left() }).toEqual({ states: [], left: [] });
  });

  it('are not begun, not completed, and not called back while Redis is away', async () => {
    const away = async (): Promise<never> => Promise.reject(new Error('Redis is away'));
    const issue = await open({}, { ...setup.undo.direct, issue: away }).post({ files: [declare(png)] });
    expect(issue).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
    expect({ left: setup.left(), calls: setup.emulator.requests.length }).toEqual({ left: [], calls: 0 });

    const begun = await open().begin();
    await put(begun, png);
    expect(await open({}, { ...setup.undo.direct, begin: away }).complete(begun.ticket)).toMatchObject({
      status: 503,
    });
    expect(await setup.hasRow(begun.imageId)).toBe(false);

    // It is stored, and the note says storing: the sweep asks.
    expect(await open({}, { ...setup.undo.direct, end: away }).complete(begun.ticket)).toMatchObject({
      status: 200,
    });
    expect(await noteStates(setup.redis)).toEqual(['storing']);
    await setup.sweep(setup.hasRow);
    expect(setup.left()).toEqual([begun.imageId]);
  });

  it('of which one takes over from another that is silent and throws, keep what that may have stored', async () => {
    const { begin } = open();
    const begun = await begin();
    await put(begun, png);
    const key = (await setup.redis.hkeys('bull:imgwire-undo:direct:notes'))[0] as string;
    expect(await setup.undo.direct.begin(key, 'store')).toBe('ours');
    expect(await setup.undo.direct.begin(key, 'store')).toBe('busy');
    await setup.redis.sadd('rows', begun.imageId);
    await passTime(setup.redis);
    expect(await setup.undo.direct.begin(key, 'reject')).toBe('busy');
    const onStored = (): never => {
      throw new Error('there is such a row');
    };
    expect(await open({ onStored }).complete(begun.ticket)).toMatchObject({ status: 500 });
    expect(await noteStates(setup.redis)).toEqual(['doubted']);
    await setup.sweep(setup.hasRow);
    expect(setup.left()).toEqual([begun.imageId]);
  });

  it('are not stored once a cancellation has begun to delete them', async () => {
    const { begin, complete, post } = open();
    const begun = await begin();
    const held = setup.emulator.faults.add({ route: 'delete', delayMs: 500 });
    const cancelled = post({ cancelled: [begun.ticket] });
    await expect.poll(() => held.hits).toBe(1);
    await put(begun, png);
    expect(await complete(begun.ticket)).toMatchObject({ status: 410, code: 'TICKET_EXPIRED' });
    expect((await cancelled).status).toBe(204);
    expect({ row: await setup.hasRow(begun.imageId), left: setup.left() }).toEqual({ row: false, left: [] });
  });

  it('are stored although Redis was away when the record was created, and when it was completed', async () => {
    const away = async (): Promise<never> => Promise.reject(new Error('Redis is away'));
    const begun = await open({}, { ...setup.undo.direct, created: away }).begin();
    await put(begun, png);
    expect(await open({}, { ...setup.undo.direct, end: away }).complete(begun.ticket)).toMatchObject({
      status: 200,
    });
    await setup.sweep(setup.hasRow);
    expect({ row: await setup.hasRow(begun.imageId), left: setup.left() }).toEqual({
      row: true,
      left: [begun.imageId],
    });
  });

  it('are kept where isStored returns no boolean, and asked about again', async () => {
    const away = async (): Promise<never> => Promise.reject(new Error('Redis is away'));
    const begun = await open().begin();
    await put(begun, png);
    await open({}, { ...setup.undo.direct, end: away }).complete(begun.ticket);
    await passTime(setup.redis);
    const answers: unknown[] = [undefined, true];
    const worker = setup.undo.worker(setup.imgwire, { isStored: () => answers.shift() as boolean });
    worker.on('error', () => undefined);
    await expect.poll(() => answers).toEqual([]);
    await expect.poll(() => noteStates(setup.redis)).toEqual([]);
    await worker.close();
    expect(setup.left()).toEqual([begun.imageId]);
  });

  it('are open again when onStored fails with a call of its own to the service', async () => {
    const errors: unknown[] = [new ImgwireError('UPSTREAM_TIMEOUT')];
    const onStored = (): string => {
      if (errors.length > 0) throw errors.shift();
      return 'saved';
    };
    const { begin, complete } = open({ onStored });
    const begun = await begin();
    await put(begun, png);
    expect(await complete(begun.ticket)).toMatchObject({ status: 500, code: 'COMPLETION_FAILED' });
    expect({ states: await noteStates(setup.redis), left: setup.left() }).toEqual({
      states: ['open'],
      left: [begun.imageId],
    });
    expect(await complete(begun.ticket)).toMatchObject({ status: 200, result: { data: 'saved' } });
  });

  it('leave no record whose create call has lost its response, and could not be repeated', async () => {
    const lost = setup.emulator.faults.add({ route: 'create', afterProcessing: true, times: null });
    expect(await open().post({ files: [declare(png)] })).toMatchObject({ status: 503 });
    lost.remove();
    expect(setup.left()).toHaveLength(1);
    await setup.sweep();
    expect(setup.left()).toEqual([]);
  });

  it('are 503 while Redis was never there', async () => {
    const nowhere = rollbackQueue({ connection: { host: '127.0.0.1', port: Number(await freePort()) } });
    nowhere.queue.on('error', () => undefined);
    expect(await open({}, nowhere.direct).post({ files: [declare(png)] })).toMatchObject({
      status: 503,
      code: 'UPSTREAM_UNAVAILABLE',
    });
    expect(setup.left()).toEqual([]);
    nowhere.close().catch(() => undefined);
  });

  it('leave nothing that was rejected or cancelled, and could not be deleted', async () => {
    const onStored = (): never => {
      throw new ImgwireError('INVALID_METADATA');
    };
    const { begin, complete, post } = open({ onStored });
    const [rejected, cancelled] = [await begin(), await begin()];
    await put(rejected, png);
    const failing = setup.emulator.faults.add({ route: 'delete', status: 400, times: null });
    expect(await complete(rejected.ticket)).toMatchObject({ status: 400, code: 'INVALID_METADATA' });
    expect((await post({ cancelled: [cancelled.ticket] })).status).toBe(204);
    expect(setup.left()).toHaveLength(2);
    failing.remove();
    await setup.sweep();
    expect(setup.left()).toEqual([]);
  });
});
