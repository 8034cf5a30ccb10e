import { createServer, type Server } from 'node:http';
import { type Emulator, type Fault, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, imgwireDirectUpload } from '@imgwire/express';
import express from 'express';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../browser/browser.ts';
import { image, imageOfSize, makeImage, type TestFile } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { type Run, run, type SeenResult, serveClient } from './client-page.ts';
import { commented } from './commented.ts';
import { type Front, openFront, respondPending } from './front.ts';

const MIB = 1024 * 1024;
const TICKET_TTL_MS = 60_000;
const jpeg = (name: string, bytes: Buffer): TestFile => ({ name, type: 'image/jpeg', bytes });

describe('uploadDirect(), in Chromium, to the Express adapter', () => {
  let browser: Browser;
  let emulator: Emulator;
  let imgwire: Imgwire;
  let server: Server;
  let page: Page;
  let front: Front;
  let bytes: Buffer;

  beforeAll(async () => {
    emulator = await startEmulator({ readyDelayMs: 60 });
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    front = openFront();
    const app = express();
    await serveClient(app);
    const upload = imgwireDirectUpload({
      imgwire,
      authorize: () => true,
      subject: null,
      ticketTtlMs: TICKET_TTL_MS,
      maxPixels: 1_000_000,
      onStored: (stored, _req, { field }) => ({ row: stored.original_filename, field }),
    });
    app.all('/photos', front.handlers, upload);
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
    front.reset();
  });

  const direct = (files: readonly TestFile[], options: object = {}): Promise<Run<SeenResult[]>> =>
    run<SeenResult[]>(page, 'uploadDirect', '/photos', files, options);
  const puts = () => emulator.requests.filter(({ route }) => route === 'put');
  const statuses = (): Record<string, string> =>
    Object.fromEntries(emulator.images.list().map((record) => [record.original_filename, record.status]));

  it('describes the files, sends their bytes, and completes each, which may be pending for a while', async () => {
    let pending = 2;
    front.instead = ({ completed }, res) =>
      completed !== undefined && pending-- > 0 && respondPending(res, 'PROCESSING', 0.01);
    const png: TestFile = { name: 'b.png', type: 'image/png', bytes: await image('image/png') };
    const options = { field: 'photos', fields: { album: 'summer' }, headers: { Authorization: 'Bearer x' } };
    const upload = await direct([jpeg('a.jpg', bytes), png], options);
    const { value = [] } = await upload.outcome();
    expect(value).toMatchObject([
      {
        name: 'a.jpg',
        image: { status: 'READY', original_filename: 'a.jpg' },
        data: { row: 'a.jpg', field: 'photos' },
      },
      {
        name: 'b.png',
        image: { status: 'READY', original_filename: 'b.png' },
        data: { row: 'b.png', field: 'photos' },
      },
    ]);
    expect(await emulator.images.bytes(String(value[1]?.image?.id))).toEqual(png.bytes);

    const [created, ...completed] = front.posted;
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
    expect(completed).toHaveLength(4);
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
      field: 'file',
      fileName: 'a.pdf',
      name: 'UploadError',
      code: 'UNSUPPORTED_IMAGE_TYPE',
      status: 415,
      message: expect.stringContaining('not an image of an accepted type'),
    });
    expect([front.kinds(), puts(), statuses()]).toEqual([['files'], [], {}]);
  });

  it('has an error in the place of a file that its completion rejects', async () => {
    const large = commented(await makeImage('image/jpeg', { width: 2000, height: 1000 }));
    const { value } = await (await direct([jpeg('large.jpg', large), jpeg('small.jpg', bytes)])).outcome();
    expect(value).toMatchObject([
      {
        name: 'large.jpg',
        error: {
          isUploadError: true,
          code: 'TOO_MANY_PIXELS',
          status: 413,
          message: expect.stringContaining('2000 × 1000'),
        },
      },
      { name: 'small.jpg', image: { status: 'READY' } },
    ]);
    expect(statuses()).toEqual({ 'small.jpg': 'READY' });
    expect(front.kinds()).not.toContain('cancelled');
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
  const loseUntilAsked = (fault: Partial<Fault>, status?: 'PENDING' | 'PROCESSING'): (() => number) => {
    const added = emulator.faults.add({ route: 'put', times: null, ...fault });
    let before = 0;
    front.instead = ({ completed }, res) => {
      if (!completed || before > 0) return false;
      before = puts().length;
      added.remove();
      return status !== undefined && respondPending(res, status, 0.01);
    };
    return () => puts().length - before;
  };

  it('completes an upload whose response was lost, without sending the bytes again', async () => {
    const sentAgain = loseUntilAsked({ afterProcessing: true });
    const { value } = await (await direct([jpeg('a.jpg', bytes)])).outcome();
    expect(value).toMatchObject([{ image: { status: 'READY' } }]);
    expect(sentAgain()).toBe(0);
    expect(front.kinds()).toEqual(['files', 'completed']);
  });

  it('does not send them again while they are processed, nor before the server says to ask again', async () => {
    const sentAgain = loseUntilAsked({ afterProcessing: true }, 'PROCESSING');
    const { value } = await (await direct([jpeg('a.jpg', bytes)])).outcome();
    expect(value).toMatchObject([{ image: { status: 'READY' } }]);
    expect(sentAgain()).toBe(0);
    expect(front.kinds()).toEqual(['files', 'completed', 'completed']);
  });

  it('sends the bytes again if they were lost with the response', async () => {
    const sentAgain = loseUntilAsked({ resetAfterBytes: bytes.length }, 'PENDING');
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
    front.instead = ({ completed }, res) => {
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
    front.instead = ({ completed }, res) => {
      // The ticket has a second left, by the clock of the server.
      res.set('Date', new Date(Date.now() + TICKET_TTL_MS - 500).toUTCString());
      return completed !== undefined && respondPending(res, 'PENDING', 0.1);
    };
    const { value } = await (await direct([jpeg('a.jpg', bytes)])).outcome();
    expect(value).toMatchObject([{ error: { code: 'TICKET_EXPIRED', status: 0 } }]);
  });

  it('is cancelled by its signal: what is completed stays, the rest is deleted', async () => {
    // The second of two.
    emulator.faults.add({ route: 'put', stallAfterBytes: 0, nth: 2 });
    const large = await imageOfSize('image/jpeg', MIB);
    const upload = await direct([jpeg('a.jpg', bytes), jpeg('b.jpg', large)], { concurrency: 1 });
    await emulator.waitFor(() => puts().length === 2);
    const failed = page.waitForEvent('requestfailed');
    await upload.abort();
    expect((await upload.outcome()).error).toMatchObject({ code: 'ABORTED', status: 0, isUploadError: true });
    expect((await failed).method()).toBe('PUT');
    await emulator.waitFor(() => !('b.jpg' in statuses()));
    expect(statuses()).toEqual({ 'a.jpg': 'READY' });
    expect(front.posted.filter(({ cancelled }) => cancelled)).toEqual([{ cancelled: [expect.any(String)] }]);
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
    expect(front.kinds()).toEqual(['files', 'cancelled']);
  });

  it('says that the network is away, and what it gets from a proxy', async () => {
    await page.context().setOffline(true);
    const offline = await (await direct([jpeg('a.jpg', bytes)])).outcome();
    await page.context().setOffline(false);
    expect(offline).toMatchObject({ error: { code: 'NETWORK', status: 0, isUploadError: true } });
    expect(front.posted).toEqual([]);

    front.instead = (_posted, res) => {
      res.status(502).type('html').send('<h1>502 Bad Gateway</h1>');
      return true;
    };
    const proxy = await (await direct([jpeg('a.jpg', bytes)])).outcome();
    expect(proxy).toMatchObject({ error: { code: 'HTTP_502', status: 502 } });
    expect(front.kinds()).toEqual(['files']);
  });
});
