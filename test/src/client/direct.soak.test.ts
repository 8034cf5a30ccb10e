import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, imgwireDirectUpload } from '@imgwire/express';
import express, { type Express } from 'express';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../browser/browser.ts';
import { image, type TestFile } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { type Run, run, type SeenResult, serveClient } from './client-page.ts';
import { type Front, openFront, respondPending } from './front.ts';

const jpeg = (name: string, bytes: Buffer): TestFile => ({ name, type: 'image/jpeg', bytes });

describe('uploadDirect(), in Chromium, to the Express adapter', () => {
  let browser: Browser;
  let emulator: Emulator;
  let slow: Emulator;
  let imgwire: Imgwire;
  let app: Express;
  let servers: Server[];
  let address: string;
  let other: string;
  let context: BrowserContext;
  let page: Page;
  let front: Front;
  let stored: string[];
  let bytes: Buffer;
  let cookies: (string | undefined)[];

  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    front = openFront();
    app = express();
    await serveClient(app);
    servers = [createServer(app), createServer(app)];
    [address, other] = (await Promise.all(servers.map(listen))) as [string, string];
    app.use('/photos', (req, res, next) => {
      cookies.push(req.headers.cookie);
      res.set('set-cookie', 'session=1; Path=/');
      next();
    });
    const upload = imgwireDirectUpload({
      imgwire,
      authorize: () => true,
      subject: null,
      // A page whose API is elsewhere.
      allowedOrigins: [address],
      limits: { files: 40 },
      onStored: ({ original_filename: name }) => void stored.push(name),
    });
    app.options('/photos', upload);
    app.post('/photos', front.handlers, upload);
    // Longer than a completion waits, which is eight seconds, and shorter than two of them: as far from the one as from the other.
    slow = await startEmulator({ readyDelayMs: 12_000 });
    const { apiKey, url: baseUrl } = slow;
    app.post(
      '/slow',
      front.handlers,
      imgwireDirectUpload({ apiKey, baseUrl, authorize: () => true, subject: null }),
    );
    bytes = await image('image/jpeg');
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    for (const server of servers) server.close();
    await imgwire.close();
    await emulator.close();
    await slow.close();
  });
  beforeEach(async () => {
    await emulator.reset();
    front.reset();
    stored = [];
    cookies = [];
    context = await browser.newContext();
    page = await context.newPage();
  });
  afterEach(() => context.close());

  const open = async (): Promise<void> => {
    await page.goto(address);
    await page.waitForFunction('globalThis.start');
  };
  const direct = (
    files: readonly TestFile[],
    options: object = {},
    url = '/photos',
  ): Promise<Run<SeenResult[]>> => run<SeenResult[]>(page, 'uploadDirect', url, files, options);
  const names = (): string[] => emulator.images.list().map((record) => record.original_filename);

  it('completes when the page is closed meanwhile', async () => {
    // Another one in the same context: with the last page of a context its connections end.
    page = await context.newPage();
    await open();
    let isClosed = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      isClosed = resolve;
    });
    const completed = new Promise<void>((resolve, reject) => {
      front.instead = async (posted, res) => {
        if (!posted.completed) return false;
        res.once('finish', resolve).once('close', () => reject(new Error('The request has ended.')));
        await closed;
        return false;
      };
    });
    await direct([jpeg('a.jpg', bytes)]);
    await expect.poll(() => front.kinds()).toContain('completed');
    await page.close();
    isClosed();
    await completed;
    expect(stored).toEqual(['a.jpg']);
  });

  it.each([-3, 3])('does not mind a clock that is %i hours wrong', async (hours) => {
    await page.addInitScript(`{ const { now } = Date; Date.now = () => now() + ${hours} * 3_600_000; }`);
    await open();
    let pending = 2;
    front.instead = ({ completed }, res) =>
      completed !== undefined && pending-- > 0 && respondPending(res, 'PROCESSING', 0.01);
    expect(await (await direct([jpeg('a.jpg', bytes)])).outcome()).toMatchObject({
      value: [{ image: { status: 'READY' } }],
    });
  });

  it('asks again when a completion has waited for an image in vain', async () => {
    await open();
    const upload = await direct([jpeg('slow.jpg', bytes)], {}, '/slow');
    expect(await upload.outcome()).toMatchObject({ value: [{ image: { status: 'READY' } }] });
    expect(front.kinds()).toEqual(['files', 'completed', 'completed']);
    expect(slow.requests.filter(({ route }) => route === 'put')).toHaveLength(1);
  });

  it('sends the bytes again when the server says that they have not arrived', async () => {
    await open();
    const lost = emulator.faults.add({ route: 'put', times: null, resetAfterBytes: bytes.length });
    front.instead = ({ completed }) => {
      if (completed) lost.remove();
      return false;
    };
    const upload = await direct([jpeg('a.jpg', bytes)]);
    expect(await upload.outcome()).toMatchObject({ value: [{ image: { status: 'READY' } }] });
    expect(front.kinds()).toEqual(['files', 'completed', 'completed']);
    expect(stored).toEqual(['a.jpg']);
  });

  it('sends cookies to another origin only if it is told to', async () => {
    await open();
    for (const credentials of [undefined, 'include', 'include']) {
      const upload = await direct([jpeg('a.jpg', bytes)], { credentials }, `${other}/photos`);
      expect(await upload.outcome()).toMatchObject({ value: [{ image: { status: 'READY' } }] });
    }
    // The first does not keep the cookie either.
    expect(new Set(cookies.slice(0, 3))).toEqual(new Set([undefined]));
    expect(cookies.at(-1)).toBe('session=1');
    for (const { headers } of emulator.requests.filter(({ route }) => route === 'put')) {
      expect(headers).not.toHaveProperty('cookie');
    }
  });

  it('goes on when the network is back', async () => {
    await open();
    let failures = 0;
    await page.route(`${emulator.url}/uploads/**`, (through) =>
      failures++ < 2 ? through.abort('internetdisconnected') : through.continue(),
    );
    const upload = await direct([jpeg('a.jpg', bytes)]);
    expect(await upload.outcome()).toMatchObject({ value: [{ image: { status: 'READY' } }] });
    // No byte has left before.
    expect(front.kinds()).toEqual(['files', 'completed']);
  });

  it('uploads forty files, and cancels them', async () => {
    await open();
    const files = Array.from({ length: 40 }, (_, at) => jpeg(`${at}.jpg`, bytes));
    const { value = [] } = await (await direct(files)).outcome();
    expect(value.map(({ image }) => image?.['original_filename'])).toEqual(files.map(({ name }) => name));

    await emulator.reset();
    emulator.faults.add({ route: 'put', stallAfterBytes: 0, times: null });
    const upload = await direct(files);
    await emulator.waitFor(({ requests }) => requests.filter(({ route }) => route === 'put').length === 3);
    await upload.abort();
    expect(await upload.outcome()).toMatchObject({ error: { code: 'ABORTED' } });
    await emulator.waitFor(() => names().length === 0);
    expect(front.posted.at(-1)?.cancelled).toHaveLength(40);
  });
});
