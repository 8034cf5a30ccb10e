import { once } from 'node:events';
import { type RollbackQueue, rollbackQueue } from '@imgwire/bullmq';
import { createImgwire, type Imgwire } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { Redis } from 'ioredis';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { launchBrowser } from '../browser/browser.ts';
import { type Child, endChild, startChild } from '../support/child.ts';
import { noteStates, passTime } from '../support/due-notes.ts';
import { image, imageOfSize, makeImage, type TestFile } from '../support/images.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis.ts';
import {
  type Outcome,
  type PageFile,
  type Run,
  run,
  type SeenError,
  type SeenResult,
} from './client-page.ts';
import { commented } from './commented.ts';

const MIB = 1024 * 1024;
/** How long a killed process is silent before its forms are cleaned up, in milliseconds. */
const STALE_MS = 1_000;
const LEASES = 'bull:imgwire-undo:uploads';
const jpeg = (name: string, bytes: Buffer): TestFile => ({ name, type: 'image/jpeg', bytes });

/** A way to Imgwire, with one kind of outcome. */
interface Road {
  readonly name: 'form' | 'direct';
  start(page: Page, file: PageFile, query?: string): Promise<Run<unknown>>;
  /** Why the upload has failed; undefined if it has not. */
  errorOf(outcome: Outcome<unknown>): SeenError | undefined;
}

const FORM: Road = {
  name: 'form',
  start: (page, file, query = '') => run(page, 'uploadForm', `/form${query}`, [file]),
  errorOf: ({ error }) => error,
};
const DIRECT: Road = {
  name: 'direct',
  start: (page, file) => run(page, 'uploadDirect', '/direct', [file]),
  errorOf: ({ value, error }) => error ?? (value as SeenResult[])[0]?.error,
};
const ROADS = [FORM, DIRECT];

// It starts servers and kills them.
describeWithRedis('what an upload in Chromium leaves at the service', { skip: !inject('soak') }, () => {
  let server: RedisServer;
  let redis: Redis;
  let emulator: Emulator;
  let imgwire: Imgwire;
  let rollback: RollbackQueue;
  let browser: Browser;
  let child: Child | undefined;
  let page: Page;
  let small: Buffer;
  let large: Buffer;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.connection);
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url, logger: {} });
    rollback = rollbackQueue({ connection: server.connection, staleAfterMs: STALE_MS });
    browser = await launchBrowser();
    small = await image('image/jpeg');
    large = await imageOfSize('image/jpeg', 3 * MIB);
  });
  afterAll(async () => {
    await browser.close();
    if (child) await endChild(child, 'SIGKILL');
    await rollback.close();
    await imgwire.close();
    await emulator.close();
    await redis.quit();
    await server.close();
  });
  beforeEach(async () => {
    await emulator.reset();
    await redis.flushall();
    child ??= await startChild('both-roads.ts', {
      api: { apiKey: emulator.apiKey, baseUrl: emulator.url },
      connection: server.connection,
      staleAfterMs: STALE_MS,
    });
    const context = await browser.newContext();
    // With the last page of a context its connections end.
    await context.newPage();
    page = await context.newPage();
    await page.goto(child.line);
    await page.waitForFunction('globalThis.start');
  });
  afterEach(() => page.context().close());

  const kill = async (): Promise<void> => {
    if (child) await endChild(child, 'SIGKILL');
    child = undefined;
  };
  const left = (): string[] => emulator.images.list().map(({ status }) => status);
  const routes = (): string[] =>
    emulator.requests.map(({ route }) => route).filter((route) => route !== 'preflight');
  const isStored = async (id: string): Promise<boolean> => (await redis.sismember('rows', id)) === 1;

  /** Lets the time of all notes pass, sweeps until there is none, and tells what is left then. */
  async function sweep(): Promise<string[]> {
    await passTime(redis);
    const worker = rollback.worker(imgwire, { isStored });
    await expect.poll(() => noteStates(redis)).toEqual([]);
    await expect.poll(() => redis.zcard(LEASES)).toBe(0);
    await worker.close();
    return left();
  }

  /** More than the buffers on the way hold: of a smaller one all bytes may arrive after its sender is gone. */
  const endless = (): PageFile => ({ ...jpeg('large.jpg', small), zeros: 36 * MIB });

  /** Stops the bytes at the service, before the last of them. */
  async function stalled(road: Road, file: PageFile = jpeg('large.jpg', large)) {
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 0 });
    const upload = await road.start(page, file);
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    return { upload, stall };
  }

  it.each(ROADS)(
    'is the image, by $name, which tells its progress up to the wait for the server',
    async (road) => {
      const { upload, stall } = await stalled(road);
      expect((await upload.steps()).at(-1)?.phase).not.toBe('preparing');
      stall.remove();
      expect(road.errorOf(await upload.outcome())).toBeUndefined();
      const steps = await upload.steps();
      expect(steps.at(0)).toMatchObject({ phase: 'preparing', loaded: 0 });
      expect(steps.at(-1)).toMatchObject({ phase: 'processing', loaded: large.length, total: large.length });
      expect(steps).toEqual(steps.toSorted((a, b) => a.loaded - b.loaded));
      expect(left()).toEqual(['READY']);
      expect(await sweep()).toEqual(['READY']);
    },
  );

  it.each(ROADS)('is nothing of a cancelled one, by $name, before any sweep', async (road) => {
    const { upload, stall } = await stalled(road, endless());
    await upload.abort();
    expect(road.errorOf(await upload.outcome())).toMatchObject({ code: 'ABORTED' });
    stall.remove();
    await emulator.waitFor(() => left().length === 0);
    await expect.poll(() => noteStates(redis)).toEqual([]);
    expect(await sweep()).toEqual([]);
  });

  it.each(ROADS)('is nothing of one that begins offline, by $name', async (road) => {
    await page.context().setOffline(true);
    const outcome = await (await road.start(page, jpeg('a.jpg', small))).outcome();
    expect(road.errorOf(outcome)).toMatchObject({ code: 'NETWORK', status: 0 });
    expect({ routes: routes(), notes: await noteStates(redis) }).toEqual({ routes: [], notes: [] });
  });

  it('is PENDING of a direct one that goes offline before its bytes leave, until the sweep', async () => {
    await page.route(`${emulator.url}/uploads/**`, async (through) => {
      await page.context().setOffline(true);
      await through.abort('internetdisconnected');
    });
    const outcome = await (await DIRECT.start(page, jpeg('a.jpg', small))).outcome();
    expect(DIRECT.errorOf(outcome)).toMatchObject({ code: 'NETWORK', status: 0 });
    expect({ left: left(), notes: await noteStates(redis) }).toEqual({ left: ['PENDING'], notes: ['open'] });
    expect(await sweep()).toEqual([]);
  });

  const pdf: TestFile = { name: 'bill.png', type: 'image/png', bytes: Buffer.from('%PDF-1.7\n') };
  const REJECTIONS: readonly [string, () => PageFile | Promise<PageFile>, number, string][] = [
    ['type', () => pdf, 415, 'UNSUPPORTED_IMAGE_TYPE'],
    ['size', () => ({ ...jpeg('a.jpg', small), zeros: 40 * MIB }), 413, 'LIMIT_FILE_SIZE'],
    [
      'pixels',
      async () => jpeg('a.jpg', await makeImage('image/jpeg', { width: 2000, height: 1000 })),
      413,
      'TOO_MANY_PIXELS',
    ],
  ];
  it.each(
    ROADS.flatMap((road) =>
      REJECTIONS.map((rejection) => ({ road, name: road.name, rejection, by: rejection[0] })),
    ),
  )('is nothing of one that is rejected by its $by, by $name', async ({ road, rejection }) => {
    const [, file, status, code] = rejection;
    const outcome = await (await road.start(page, await file())).outcome();
    expect(road.errorOf(outcome)).toMatchObject({ status, code });
    // A form has begun the upload of a file that turns out to be too large.
    await emulator.waitFor(() => left().length === 0);
    if (road === DIRECT) expect(routes()).toEqual([]);
    expect(await sweep()).toEqual([]);
  });

  it.each(ROADS)(
    'is nothing where the pixels come late, by $name: the same code, and deleted at once',
    async (road) => {
      const late = commented(await makeImage('image/jpeg', { width: 2000, height: 1000 }));
      const outcome = await (await road.start(page, jpeg('a.jpg', late))).outcome();
      expect(road.errorOf(outcome)).toMatchObject({ status: 413, code: 'TOO_MANY_PIXELS' });
      expect(routes()).toEqual(road === DIRECT ? ['create', 'put', 'retrieve', 'delete', 'retrieve'] : []);
      expect({ left: left(), notes: await noteStates(redis) }).toEqual({ left: [], notes: [] });
    },
  );

  it.each([
    { name: 'form', road: FORM, status: 'PENDING', notes: [] },
    { name: 'direct', road: DIRECT, status: 'READY', notes: ['open'] },
  ])(
    'is $status of one whose server is killed before it hears of the last byte, by $name, until the sweep',
    async ({ road, status, notes }) => {
      const { upload, stall } = await stalled(road, road === FORM ? endless() : undefined);
      await kill();
      stall.remove();
      expect(road.errorOf(await upload.outcome())).toMatchObject({ code: 'NETWORK', status: 0 });
      expect({ left: left(), notes: await noteStates(redis) }).toEqual({ left: [status], notes });
      expect(await sweep()).toEqual([]);
    },
  );

  it('is the image of a form whose server is killed when it has stored it: nobody deletes what is READY', async () => {
    const held = once(child?.process.stdout ?? process.stdin, 'data');
    const upload = await FORM.start(page, jpeg('a.jpg', small), '?hold');
    await held;
    await kill();
    expect(FORM.errorOf(await upload.outcome())).toMatchObject({ code: 'NETWORK' });
    expect(await sweep()).toEqual(['READY']);
  });

  it.each([
    { name: 'form', road: FORM, status: [] },
    { name: 'direct', road: DIRECT, status: ['PENDING'] },
  ])(
    'is $status of one whose page is closed while its bytes leave, by $name, and nothing after the sweep',
    async ({ road, status }) => {
      const { stall } = await stalled(road, endless());
      await page.close();
      stall.remove();
      await emulator.waitFor(({ requests }) =>
        requests.some(({ route, state }) => route === 'put' && state === 'aborted'),
      );
      await emulator.waitFor(() => left().length === status.length);
      expect(left()).toEqual(status);
      expect(await sweep()).toEqual([]);
    },
  );

  it('is READY of a direct one whose page is closed before it completes, until the sweep', async () => {
    // Its completion never leaves.
    await page.evaluate(`{
      const { fetch } = globalThis;
      globalThis.fetch = (url, init) => init.body.includes('"completed"') ? new Promise(() => {}) : fetch(url, init);
    }`);
    await DIRECT.start(page, jpeg('a.jpg', small));
    await emulator.waitFor(() => left().join() === 'READY');
    await page.close();
    expect(await noteStates(redis)).toEqual(['open']);
    expect(await sweep()).toEqual([]);
  });

  it('is the image of a direct one whose page is closed once its completion has left', async () => {
    const stall = emulator.faults.add({ route: 'retrieve', stallAfterBytes: 0 });
    await DIRECT.start(page, jpeg('a.jpg', small));
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'retrieve'));
    await page.close();
    stall.remove();
    await expect.poll(() => noteStates(redis)).toEqual(['done']);
    expect(await sweep()).toEqual(['READY']);
  });
});
