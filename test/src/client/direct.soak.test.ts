import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import express, { type Express } from 'express';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { launchBrowser } from '../browser/browser.ts';
import { image, type TestFile } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { type Run, run, type SeenResult, serveClient } from './client-page.ts';
import { type DirectRoute, directRoute } from './direct-route.ts';

const jpeg = (name: string, bytes: Buffer): TestFile => ({ name, type: 'image/jpeg', bytes });

describe.runIf(inject('soak'))('uploadDirect(), in Chromium', () => {
  let browser: Browser;
  let emulator: Emulator;
  let imgwire: Imgwire;
  let app: Express;
  let servers: Server[];
  let address: string;
  let other: string;
  let context: BrowserContext;
  let page: Page;
  let route: DirectRoute;
  let bytes: Buffer;
  let cookies: (string | undefined)[];

  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    route = directRoute(imgwire);
    app = express();
    await serveClient(app);
    // Another origin, for a page whose API is elsewhere.
    app.use('/photos', (req, res, next) => {
      cookies.push(req.headers.cookie);
      res.set({
        'access-control-allow-origin': address,
        'access-control-allow-headers': 'content-type',
        'access-control-allow-credentials': 'true',
        'set-cookie': 'session=1; Path=/',
      });
      if (req.method === 'OPTIONS') res.status(204).end();
      else next();
    });
    app.post('/photos', route.handler);
    servers = [createServer(app), createServer(app)];
    [address, other] = (await Promise.all(servers.map(listen))) as [string, string];
    bytes = await image('image/jpeg');
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    for (const server of servers) server.close();
    await imgwire.close();
    await emulator.close();
  });
  beforeEach(async () => {
    await emulator.reset();
    route.posted.length = 0;
    route.instead = undefined;
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
      route.instead = async (posted, res) => {
        if (!posted.completed) return false;
        res.once('finish', resolve).once('close', () => reject(new Error('The request has ended.')));
        await closed;
        res.json({ results: [{ image: { id: 'a' } }] });
        return true;
      };
    });
    await direct([jpeg('a.jpg', bytes)]);
    await expect.poll(() => route.posted.some((posted) => posted.completed)).toBe(true);
    await page.close();
    isClosed();
    await completed;
  });

  it.each([-3, 3])('does not mind a clock that is %i hours wrong', async (hours) => {
    await page.addInitScript(`{ const { now } = Date; Date.now = () => now() + ${hours} * 3_600_000; }`);
    await open();
    let pending = 2;
    route.instead = ({ completed }, res) => {
      if (!completed || pending-- === 0) return false;
      res.status(202).json({ results: [{ pending: true, retryAfter: 0.01 }] });
      return true;
    };
    expect(await (await direct([jpeg('a.jpg', bytes)])).outcome()).toMatchObject({
      value: [{ image: { status: 'READY' } }],
    });
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
    expect(route.posted.map((posted) => Object.keys(posted)[0])).toEqual(['files', 'completed']);
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
    emulator.faults.clear();
    await emulator.waitFor(() => names().length === 0);
    expect(route.posted.at(-1)?.cancelled).toHaveLength(40);
  });
});
