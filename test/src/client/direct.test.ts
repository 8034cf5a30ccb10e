import { createServer, type Server } from 'node:http';
import { type Emulator, type Fault, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import express from 'express';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../browser/browser.ts';
import { image, imageOfSize, type TestFile } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { type Run, run, type SeenResult, serveClient } from './client-page.ts';
import { type DirectRoute, directRoute } from './direct-route.ts';

const MIB = 1024 * 1024;
const jpeg = (name: string, bytes: Buffer): TestFile => ({ name, type: 'image/jpeg', bytes });

describe('uploadDirect(), in Chromium', () => {
  let browser: Browser;
  let emulator: Emulator;
  let imgwire: Imgwire;
  let server: Server;
  let page: Page;
  let route: DirectRoute;
  let bytes: Buffer;

  beforeAll(async () => {
    emulator = await startEmulator({ readyDelayMs: 60 });
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    route = directRoute(imgwire);
    const app = express();
    await serveClient(app);
    app.post('/photos', route.handler);
    server = createServer(app);
    const address = await listen(server);
    bytes = await image('image/jpeg');
    browser = await launchBrowser();
    page = await browser.newPage();
    await page.goto(address);
    await page.waitForFunction('globalThis.start');
  });
  afterAll(async () => {
    await browser.close();
    server.close();
    await imgwire.close();
    await emulator.close();
  });
  beforeEach(async () => {
    await emulator.reset();
    route.posted.length = 0;
    route.instead = undefined;
    // Shorter than an image takes to be READY.
    route.waitMs = 20;
  });

  const direct = (files: readonly TestFile[], options: object = {}): Promise<Run<SeenResult[]>> =>
    run<SeenResult[]>(page, 'uploadDirect', '/photos', files, options);
  const puts = () => emulator.requests.filter(({ route }) => route === 'put');
  const statuses = (): Record<string, string> =>
    Object.fromEntries(emulator.images.list().map((record) => [record.original_filename, record.status]));
  const keys = (): (string | undefined)[] => route.posted.map((posted) => Object.keys(posted)[0]);

  it('describes the files, sends their bytes, and completes each, which may be pending for a while', async () => {
    const png: TestFile = { name: 'b.png', type: 'image/png', bytes: await image('image/png') };
    const options = { field: 'photos', fields: { album: 'summer' }, headers: { Authorization: 'Bearer x' } };
    const upload = await direct([jpeg('a.jpg', bytes), png], options);
    const { value = [] } = await upload.outcome();
    expect(value).toMatchObject([
      { name: 'a.jpg', image: { status: 'READY', original_filename: 'a.jpg' }, data: { row: 'a.jpg' } },
      { name: 'b.png', image: { status: 'READY', original_filename: 'b.png' }, data: { row: 'b.png' } },
    ]);
    expect(await emulator.images.bytes(String(value[1]?.image?.id))).toEqual(png.bytes);

    const [created, ...completed] = route.posted;
    expect(created).toEqual({
      files: [jpeg('a.jpg', bytes), png].map((file) => ({
        name: file.name,
        type: file.type,
        size: file.bytes.length,
        field: 'photos',
        head: file.bytes.subarray(0, 4096).toString('base64'),
      })),
      fields: { album: 'summer' },
    });
    // READY comes later than the first completion.
    expect(completed.length).toBeGreaterThan(2);
    expect(completed.every((posted) => posted.completed?.length === 1)).toBe(true);
    for (const { headers } of puts()) {
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).not.toHaveProperty('cookie');
    }
    expect(new Set(puts().map(({ headers }) => headers['content-type']))).toEqual(
      new Set(['image/jpeg', 'image/png']),
    );
  });

  it('tells the steps of each file', async () => {
    const large = await imageOfSize('image/jpeg', 3 * MIB);
    const upload = await direct([jpeg('large.jpg', large), jpeg('small.jpg', bytes)]);
    expect((await upload.outcome()).error).toBeUndefined();
    const steps = await upload.steps();
    for (const [file, total] of [
      ['large.jpg', large.length] as const,
      ['small.jpg', bytes.length] as const,
    ]) {
      const own = steps.filter((step) => step.file === file);
      expect(own[0]).toEqual({ file, phase: 'preparing', loaded: 0, total });
      expect(own.at(-1)).toEqual({ file, phase: 'processing', loaded: total, total });
      expect(own.filter(({ phase }) => phase === 'sending').length).toBeGreaterThan(0);
      expect(own).toEqual(own.toSorted((a, b) => a.loaded - b.loaded));
    }
  });

  it('sends three files at once, and the others after them', async () => {
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 0, times: null });
    const names = ['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg'];
    const upload = await direct(names.map((name) => jpeg(name, bytes)));
    await emulator.waitFor(() => puts().length === 3);
    const begun = (await upload.steps()).filter(({ phase }) => phase !== 'preparing');
    expect(new Set(begun.map(({ file }) => file))).toEqual(new Set(names.slice(0, 3)));
    stall.remove();
    let most = 0;
    await emulator.waitFor(() => {
      most = Math.max(most, puts().filter(({ state }) => state === 'open').length);
      return puts().length === 5 && puts().every(({ state }) => state === 'finished');
    });
    const { value = [] } = await upload.outcome();
    expect(value.map(({ name, image }) => [name, image?.['original_filename']])).toEqual(
      names.map((name) => [name, name]),
    );
    expect(most).toBeLessThanOrEqual(3);
  });

  it('rejects when the server rejects the files, of which none is sent then', async () => {
    const pdf: TestFile = { name: 'a.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF-1.7') };
    const { error } = await (await direct([jpeg('a.jpg', bytes), pdf])).outcome();
    expect(error).toEqual({
      isUploadError: true,
      name: 'UploadError',
      code: 'UNSUPPORTED_IMAGE_TYPE',
      status: 415,
      message: 'a.pdf is not an image.',
    });
    expect([keys(), puts()]).toEqual([['files'], []]);
  });

  it('has an error in the place of a file that its completion rejects', async () => {
    const results = [{ error: { status: 413, code: 'TOO_MANY_PIXELS', detail: 'Too many.' } }];
    let refused: string | undefined;
    route.instead = ({ completed: [ticket] = [] }, res) => {
      refused ??= ticket;
      if (ticket === undefined || ticket !== refused) return false;
      res
        .status(413)
        .type('application/problem+json')
        .send({ ...results[0]?.error, results });
      return true;
    };
    const { value = [] } = await (
      await direct(['1.jpg', '2.jpg'].map((name) => jpeg(name, bytes)))
    ).outcome();
    const failed = value.filter(({ error }) => error);
    expect(failed).toMatchObject([
      { error: { isUploadError: true, code: 'TOO_MANY_PIXELS', status: 413, message: 'Too many.' } },
    ]);
    expect(value.filter(({ image }) => image)).toHaveLength(1);
    expect(keys()).not.toContain('cancelled');
  });

  it('sends the bytes again after a 503, and its progress does not go back', async () => {
    emulator.faults.add({ route: 'put', status: 503 });
    const upload = await direct([jpeg('a.jpg', bytes)]);
    expect(await upload.outcome()).toMatchObject({ value: [{ image: { status: 'READY' } }] });
    expect(puts().map(({ status }) => status)).toEqual([503, 200]);
    const steps = await upload.steps();
    expect(steps).toEqual(steps.toSorted((a, b) => a.loaded - b.loaded));
    expect(steps.map(({ phase }) => phase).join(' ')).toMatch(/processing sending .*processing$/);
  });

  it('does not send them again after a 403, and has the record deleted', async () => {
    emulator.faults.add({ route: 'put', expired: true });
    const { value } = await (await direct([jpeg('a.jpg', bytes), jpeg('b.jpg', bytes)])).outcome();
    expect(value?.filter(({ error }) => error)).toMatchObject([{ error: { code: 'HTTP_403', status: 403 } }]);
    expect(value?.filter(({ image }) => image)).toHaveLength(1);
    expect(new Set(puts().map(({ status }) => status))).toEqual(new Set([200, 403]));
    expect(puts()).toHaveLength(2);
    await emulator.waitFor(() => Object.values(statuses()).join() === 'READY');
  });

  /** Loses each response until the client asks what has become of the bytes: Chromium itself sends a request again at first. */
  const loseUntilAsked = (fault: Partial<Fault>): (() => number) => {
    const added = emulator.faults.add({ route: 'put', times: null, ...fault });
    let before = 0;
    route.instead = ({ completed }) => {
      if (completed && before === 0) before = puts().length;
      if (completed) added.remove();
      return false;
    };
    return () => puts().length - before;
  };

  it('completes an upload whose response was lost, without sending the bytes again', async () => {
    const sentAgain = loseUntilAsked({ afterProcessing: true });
    route.waitMs = 5_000;
    const { value } = await (await direct([jpeg('a.jpg', bytes)])).outcome();
    expect(value).toMatchObject([{ image: { status: 'READY' } }]);
    expect(sentAgain()).toBe(0);
    expect(keys()).toEqual(['files', 'completed']);
  });

  it('sends the bytes again if they were lost with the response', async () => {
    const sentAgain = loseUntilAsked({ resetAfterBytes: bytes.length });
    const { value } = await (await direct([jpeg('a.jpg', bytes)])).outcome();
    expect(value).toMatchObject([{ image: { status: 'READY' } }]);
    expect(sentAgain()).toBe(1);
    expect(puts().map(({ state }) => state)).toEqual([
      ...puts()
        .slice(1)
        .map(() => 'aborted'),
      'finished',
    ]);
  });

  it('completes again after a failure that may pass, when the server says', async () => {
    let failures = 0;
    route.instead = ({ completed }, res) => {
      if (!completed || failures === 2) return false;
      failures++;
      const error = { status: 503, code: 'UPSTREAM_UNAVAILABLE', detail: 'Later.', retryAfter: 0.01 };
      if (failures === 1) res.status(502).type('html').send('<h1>502 Bad Gateway</h1>');
      else res.status(503).json({ results: [{ error }] });
      return true;
    };
    const { value } = await (await direct([jpeg('a.jpg', bytes)])).outcome();
    expect(value).toMatchObject([{ image: { status: 'READY' } }]);
    expect(failures).toBe(2);
    expect(puts()).toHaveLength(1);
  });

  it('gives a file up that is pending until its ticket expires', async () => {
    route.ttlMs = 300;
    route.instead = ({ completed }, res) => {
      if (completed) res.status(202).json({ results: [{ pending: true, retryAfter: 0.1 }] });
      return completed !== undefined;
    };
    const { value } = await (await direct([jpeg('a.jpg', bytes)])).outcome();
    route.ttlMs = 60_000;
    expect(value).toMatchObject([{ error: { code: 'TICKET_EXPIRED', status: 0 } }]);
  });

  it('is cancelled by its signal: what is completed stays, the rest is deleted', async () => {
    // The second of two.
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 0, nth: 2 });
    const large = await imageOfSize('image/jpeg', MIB);
    const upload = await direct([jpeg('a.jpg', bytes), jpeg('b.jpg', large)], { concurrency: 1 });
    await emulator.waitFor(() => puts().length === 2);
    const failed = page.waitForEvent('requestfailed');
    await upload.abort();
    expect((await upload.outcome()).error).toMatchObject({ code: 'ABORTED', status: 0, isUploadError: true });
    expect((await failed).method()).toBe('PUT');
    stall.remove();
    await emulator.waitFor(() => !('b.jpg' in statuses()));
    expect(statuses()).toEqual({ 'a.jpg': 'READY' });
    expect(route.posted.filter(({ cancelled }) => cancelled)).toEqual([{ cancelled: [expect.any(String)] }]);
  });

  it('cancels what the server creates after the abort', async () => {
    const create = emulator.faults.add({ route: 'create', stallAfterBytes: 0 });
    const upload = await direct([jpeg('a.jpg', bytes)]);
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'create'));
    await upload.abort();
    expect(await upload.outcome()).toMatchObject({ error: { code: 'ABORTED' } });
    create.remove();
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, state }) => route === 'delete' && state === 'finished'),
    );
    expect([statuses(), puts()]).toEqual([{}, []]);
    expect(keys()).toEqual(['files', 'cancelled']);
  });

  it('says that the network is away, and what it gets from a proxy', async () => {
    await page.context().setOffline(true);
    const offline = await (await direct([jpeg('a.jpg', bytes)])).outcome();
    await page.context().setOffline(false);
    expect(offline).toMatchObject({ error: { code: 'NETWORK', status: 0, isUploadError: true } });
    expect(route.posted).toEqual([]);

    route.instead = (_posted, res) => {
      res.status(502).type('html').send('<h1>502 Bad Gateway</h1>');
      return true;
    };
    const proxy = await (await direct([jpeg('a.jpg', bytes)])).outcome();
    expect(proxy).toMatchObject({ error: { code: 'HTTP_502', status: 502 } });
    expect(keys()).toEqual(['files']);
  });
});
