import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { createImgwire, type Imgwire, type RollbackFailure } from '@imgwire/core';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { type Answer, encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { listen } from '../support/listen.ts';
import {
  end,
  ignore,
  type OnRequest,
  type ProxiedService,
  reset,
  startProxiedService,
} from '../support/proxied-service.ts';
import { casesFor, sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { throughTransports } from '../support/transports.ts';
import { sha256 } from '../support/upload-suite.ts';

// A server closes an idle connection while a request is on its way to it.

type FilePart = Extract<Part, { readonly bytes: Uint8Array }>;
const partOf = async (size: number): Promise<FilePart> => ({
  name: 'avatar',
  fileName: 'a.jpg',
  bytes: await imageOfSize('image/jpeg', size),
});
/** Sent as a whole; in several chunks; while it arrives. */
const SIZES = [20_000, 200_000, 1_000_000] as const;
const PARTS = await Promise.all(SIZES.map(partOf));
const { oneByOne, uploads } = inject('soak') ? { oneByOne: 20, uploads: 60 } : { oneByOne: 6, uploads: 18 };
const CLOSES: readonly (readonly [string, OnRequest])[] = [
  ['closes', end],
  ['resets', reset],
];

let service: ProxiedService;
beforeEach(async () => {
  service = await startProxiedService();
});
afterEach(() => service.close());

describe.each(throughTransports(sample(TARGETS)))(
  'uploads through $name, over $transport',
  ({ target, connect }) => {
    let app: RunningTarget;
    const retries: unknown[] = [];
    const onRetry = (message: unknown): void => void retries.push(message);
    beforeEach(() => {
      retries.length = 0;
      subscribe('imgwire:upload:retried', onRetry);
    });
    afterEach(async () => {
      unsubscribe('imgwire:upload:retried', onRetry);
      await app.close();
      await expect.poll(() => openTemporaryFiles()).toEqual([]);
    });
    const start = async (options: TargetOptions): Promise<void> => {
      const { api, emulator } = service;
      app = await target.start({ ...connect({ url: api.url, apiKey: emulator.apiKey }), ...options });
    };
    const post = (part: FilePart): Promise<Answer> => postForm(`${app.url}/single`, [part]);
    const expectStored = (answers: readonly Answer[], parts: readonly FilePart[]): void => {
      expect(answers.map(({ status, text }) => (status === 200 ? 200 : text))).toEqual(parts.map(() => 200));
      const { emulator } = service;
      emulator.assertNothingPending();
      for (const [i, { json }] of answers.entries()) {
        expect(emulator.images.sha256(json.images[0].id)).toBe(sha256((parts[i] as FilePart).bytes));
      }
    };

    it.each(CLOSES)(
      `succeed with one attempt if a server %s each connection that was idle`,
      async (_how, close) => {
        await start({ maxAttempts: 1 });
        const { api, storage, emulator } = service;
        api.strike = storage.strike = ({ requests }) => (requests > 1 ? close : undefined);
        const parts = Array.from({ length: uploads }, (_, i) => PARTS[i % PARTS.length] as FilePart);
        const answers: Answer[] = [];
        // One after another, then four at once.
        for (const part of parts.slice(0, oneByOne)) answers.push(await post(part));
        for (let i = oneByOne; i < uploads; i += 4) {
          answers.push(...(await Promise.all(parts.slice(i, i + 4).map(post))));
        }
        expectStored(answers, parts);
        expect(emulator.images.list()).toHaveLength(uploads);
        // At least one connection was idle for each upload but the first.
        expect(storage.connections.filter(({ requests }) => requests > 1).length).toBeGreaterThan(0);
        expect(retries).toEqual([]);
      },
    );

    /** Opens connections ahead for a form, and lets something happen on each before the form goes on. */
    const onOpened = async (part: FilePart, strike: OnRequest): Promise<Answer> => {
      const { api, storage } = service;
      for (const proxy of [api, storage]) {
        await proxy.closeIdle();
        proxy.connections.length = 0;
      }
      const form = encodeForm([part]);
      const outgoing = openPost(`${app.url}/single`, form.length);
      outgoing.request.flushHeaders();
      await expect.poll(() => storage.open().length).toBe(1);
      const opened = new Set([...api.open(), ...storage.open()]);
      api.strike = storage.strike = (connection) => (opened.has(connection) ? strike : undefined);
      outgoing.request.end(form);
      return outgoing.answer;
    };

    it.each(CLOSES)(
      'succeed with one attempt if a server %s those that were opened ahead',
      async (_how, close) => {
        await start({ maxAttempts: 1 });
        const answers = [await post(PARTS[0] as FilePart)];
        for (const part of PARTS) answers.push(await onOpened(part, close));
        expectStored(answers, [PARTS[0] as FilePart, ...PARTS]);
        expect(service.emulator.images.list()).toHaveLength(answers.length);
        expect(retries).toEqual([]);
      },
    );

    it.each(
      casesFor(
        target,
        PARTS.map((part, i) => ({ part, size: SIZES[i] })),
      ),
    )('of $size bytes succeed if a server is deaf on those that were opened ahead', async ({ part }) => {
      await start({ requestTimeoutMs: 500, putIdleTimeoutMs: 500, maxAttempts: 2 });
      const answers = [await post(part), await onOpened(part, ignore)];
      const { api, storage } = service;
      // No more are opened there.
      for (const proxy of [api, storage]) await proxy.closeIdle();
      const form = encodeForm([part]);
      const outgoing = openPost(`${app.url}/single`, form.length);
      outgoing.request.flushHeaders();
      for (let turn = 0; turn < 3; turn++) await fetch(`${app.url}/nothing`);
      expect([api.open(), storage.open()]).toEqual([[], []]);
      outgoing.request.end(form);
      answers.push(await outgoing.answer);
      expectStored(answers, [part, part, part]);
      expect(service.emulator.images.list()).toHaveLength(3);
    });
  },
);

describe('a call over REST whose idle connection is closed', () => {
  let imgwire: Imgwire;
  const failures: RollbackFailure[] = [];
  let file: Buffer;
  let id: string;
  let source: string;
  beforeEach(async () => {
    const { api, emulator } = service;
    failures.length = 0;
    file = await image('image/png');
    imgwire = createImgwire({
      ...{ baseUrl: api.url, apiKey: emulator.apiKey, maxAttempts: 1 },
      onRollbackFailed: (failure) => void failures.push(failure),
    });
    ({ id, cdn_url: source } = await imgwire.upload({ file }));
    emulator.requests.length = 0;
  });
  afterEach(() => imgwire.close());
  const routes = (): string[] => service.emulator.requests.map(({ route }) => route);
  const strike = (onRequest: OnRequest): void => {
    service.api.strike = ({ requests }) => (requests > 1 ? onRequest : undefined);
  };

  describe.each(CLOSES)('by a server that %s it', (_how, close) => {
    it.each<readonly [string, (imgwire: Imgwire) => Promise<unknown>]>([
      ['retrieve', ({ retrieve }) => retrieve(id)],
      ['list', ({ list }) => list()],
      ['delete', (all) => all.delete(id)],
      ['create', ({ createDirectUpload }) => createDirectUpload({ fileName: 'a.png' })],
      ['upload_via_url', ({ uploadViaUrl }) => uploadViaUrl({ url: source })],
    ])('%s is sent a second time', async (route, call) => {
      strike(close);
      await call(imgwire);
      expect(routes().filter((each) => each !== 'cdn')).toEqual([route]);
    });

    it.each<readonly [string, (imgwire: Imgwire) => Promise<unknown>]>([
      ['a token', ({ createUploadToken }) => createUploadToken()],
      ['a bulk delete', ({ bulkDelete }) => bulkDelete([id])],
      ['a download job', ({ createBulkDownloadJob }) => createBulkDownloadJob([id])],
    ])('%s is not: the server may have processed it, and it has no idempotency key', async (_what, call) => {
      strike(close);
      await expect(call(imgwire)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      expect(routes()).toEqual([]);
      // The next one has a connection of its own.
      await call(imgwire);
    });
  });

  it.each<readonly [string, (imgwire: Imgwire) => Promise<unknown>]>([
    ['a token', ({ createUploadToken }) => createUploadToken()],
    ['a list', ({ list }) => list()],
  ])('%s that has not begun to be sent when it is reset is sent over a new one', async (_what, call) => {
    const [idle] = service.api.open();
    // undici writes in the next turn of the event loop, and sockets are read in front of that.
    await setImmediate();
    idle?.socket.resetAndDestroy();
    await call(imgwire);
    expect(service.api.connections).toHaveLength(2);
    expect(service.emulator.requests).toHaveLength(1);
  });

  it('creates one record, if the server has processed it', async () => {
    service.emulator.faults.add({ route: 'create', afterProcessing: true });
    await imgwire.upload({ file });
    expect(routes()).toEqual(['create', 'create', 'put']);
    expect(service.emulator.images.list()).toHaveLength(2);
  });

  it('leaves no record if its second try is rejected', async () => {
    const { faults, images } = service.emulator;
    faults.add({ route: 'create', nth: 1, afterProcessing: true });
    faults.add({ route: 'create', nth: 2, status: 402 });
    await expect(imgwire.upload({ file })).rejects.toMatchObject({ code: 'ACCOUNT_LIMIT_REACHED' });
    expect(routes()).toEqual(['create', 'create', 'create', 'delete']);
    expect(images.list().map((each) => each.id)).toEqual([id]);
    expect(failures).toEqual([]);
  });

  it('reports the record if there is no connection for its second try', async () => {
    service.emulator.faults.add({ route: 'create', afterProcessing: true });
    service.api.refuse();
    await expect(imgwire.upload({ file })).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(failures).toMatchObject([{ idempotencyKey: expect.any(String) }]);
  });

  it('has two tries in each attempt', async () => {
    service.emulator.faults.add({ route: 'retrieve', resetAfterBytes: 0, times: null });
    await expect(imgwire.retrieve(id)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(routes()).toEqual(['retrieve', 'retrieve']);
    // A connection that was made for the call was not closed while it was idle.
    await service.api.closeIdle();
    await expect(imgwire.retrieve(id)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(routes()).toEqual(['retrieve', 'retrieve', 'retrieve']);
  });

  it('has no second try if it is aborted', async () => {
    const abort = new AbortController();
    strike((connection) => {
      abort.abort(new Error('enough'));
      end(connection);
    });
    await expect(imgwire.retrieve(id, abort.signal)).rejects.toThrow('enough');
    await imgwire.list();
    expect(routes()).toEqual(['list']);
  });

  it('keeps its time', async () => {
    const { api, emulator } = service;
    const hasty = createImgwire({
      ...{ baseUrl: api.url, apiKey: emulator.apiKey, maxAttempts: 1, requestTimeoutMs: 300 },
    });
    await hasty.list();
    strike(end);
    emulator.faults.add({ route: 'retrieve', hang: true });
    await expect(hasty.retrieve(id)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    await hasty.close();
  });
});

it.each<readonly [string, OnRequest]>([
  ['closes', end],
  ['cuts', ({ socket }) => void socket.destroy()],
])('uploads over TLS succeed with one attempt if a server %s each idle connection', async (_how, close) => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const { api, storage, emulator, close: closeService } = await startProxiedService(true);
  api.strike = storage.strike = ({ requests }) => (requests > 1 ? close : undefined);
  const imgwire = createImgwire({ baseUrl: api.url, apiKey: emulator.apiKey, maxAttempts: 1 });
  const files = Array.from({ length: 4 }, () => PARTS).flat();
  for (const { bytes } of files) await imgwire.upload({ file: bytes });
  emulator.assertNothingPending();
  expect(emulator.images.list()).toHaveLength(files.length);
  expect(storage.connections.filter(({ requests }) => requests > 1).length).toBeGreaterThan(0);
  await imgwire.close();
  await closeService();
  vi.unstubAllEnvs();
});

it.each([
  ['15 s, if the server does not say how long', 0, 15_000],
  ['2 s less than the server says', 9_000, 7_000],
])('an idle connection is kept for %s', async (_time, keepAliveTimeout, expected) => {
  // Node sends no hint for 0.
  const server = createServer({ keepAliveTimeout }, (_req, res) => {
    res.setHeader('content-type', 'application/json').end(TOKEN);
  });
  const imgwire = createImgwire({ apiKey: 'sk_test', baseUrl: await listen(server) });
  const timers = vi.spyOn(globalThis, 'setTimeout');
  await imgwire.createUploadToken();
  await expect.poll(() => timers.mock.calls.map(([, ms]) => ms)).toContain(expected);
  timers.mockRestore();
  await imgwire.close();
  server.close();
});

const TOKEN = JSON.stringify({ id: 'a', token: 'b', expires_at: '2030-01-01T00:00:00Z' });
