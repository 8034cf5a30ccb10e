import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express from 'express';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../browser/browser.ts';
import { image, imageOfSize, type TestFile, textNamedPng } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { run, serveClient } from './client-page.ts';

const MIB = 1024 * 1024;
const jpeg = (name: string, bytes: Buffer): TestFile => ({ name, type: 'image/jpeg', bytes });

describe('uploadForm(), in Chromium, to the Express adapter', () => {
  let browser: Browser;
  let emulator: Emulator;
  let imgwire: Imgwire;
  let server: Server;
  let page: Page;
  let photo: TestFile;
  let requests: string[];

  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    const upload = imgwireUpload({ imgwire });
    const app = express();
    app.use((req, _res, next) => {
      requests.push(`${req.method} ${req.url}`);
      next();
    });
    await serveClient(app);
    app.post('/photos', upload.array('photos', 5), (req, res) => {
      res.json({ names: req.images?.map((each) => each.original_filename), fields: req.body });
    });
    app.post('/raw', express.text({ type: 'multipart/form-data' }), (req, res) => {
      const fields = [...String(req.body).matchAll(/ name="([^"]+)"/g)].map(([, name]) => name);
      res.json({ fields, key: req.get('x-key') });
    });
    app.post('/proxy', (_req, res) => {
      res.status(502).type('html').send('<h1>502 Bad Gateway</h1>');
    });
    app.post('/busy', (_req, res) => {
      res.status(503).set('retry-after', '7').json({ code: 'TOO_MANY_UPLOADS', detail: 'Later.' });
    });
    app.post('/login', (_req, res) => {
      res.type('html').send('<h1>Sign in</h1>');
    });
    app.post('/invalid', (_req, res) => {
      res
        .status(422)
        .json({ code: 'INVALID_FORM', detail: 'No.', issues: [{ path: ['title'], message: 'Too short' }] });
    });
    app.post('/nothing', (_req, res) => {
      res.status(204).end();
    });
    // In the middle of the response: before it, Chromium itself sends a request again if its connection was used before.
    app.post('/gone', (req, res) => {
      res.writeHead(200, { 'content-length': 100 }).write('{', () => req.socket.destroy());
    });
    app.use(imgwireErrorHandler());
    server = createServer(app);
    const address = await listen(server);
    photo = jpeg('lake.jpg', await image('image/jpeg'));
    browser = await launchBrowser();
    requests = [];
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
    requests = [];
  });
  afterEach(() => expect(requests.length).toBeLessThanOrEqual(1));

  it('resolves with the JSON of the route', async () => {
    const fields = { album: 'summer' };
    const files = [photo, { ...photo, name: 'lake 2.jpg' }];
    const upload = await run(page, 'uploadForm', '/photos', files, { field: 'photos', fields });
    expect(await upload.outcome()).toEqual({ value: { names: ['lake.jpg', 'lake 2.jpg'], fields } });
    expect(emulator.images.list()).toHaveLength(2);
  });

  it('sends the fields before the files, and the headers', async () => {
    const options = { fields: { a: '1', b: '2' }, headers: { 'X-Key': 'of the app' } };
    const upload = await run(page, 'uploadForm', '/raw', [photo], options);
    expect(await upload.outcome()).toEqual({ value: { fields: ['a', 'b', 'file'], key: 'of the app' } });
  });

  it('tells the bytes of the files as they leave, and waits for the response as `processing`', async () => {
    const bytes = await imageOfSize('image/jpeg', 3 * MIB);
    const total = bytes.length + photo.bytes.length;
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 0, nth: 2 });
    const files = [jpeg('large.jpg', bytes), photo];
    const fields = { text: 'a'.repeat(10_000) };
    const upload = await run(page, 'uploadForm', '/photos', files, { field: 'photos', fields });
    await expect.poll(async () => (await upload.steps()).at(-1)?.phase).toBe('processing');
    stall.remove();
    expect(await upload.outcome()).toHaveProperty('value');

    const steps = await upload.steps();
    expect(steps[0]).toEqual({ phase: 'preparing', loaded: 0, total });
    expect(steps[1]).toEqual({ phase: 'sending', loaded: 0, total });
    expect(steps.at(-1)).toEqual({ phase: 'processing', loaded: total, total });
    expect(steps.slice(1, -1).every(({ phase }) => phase === 'sending')).toBe(true);
    expect(steps.map(({ loaded }) => loaded)).toEqual(
      steps.map(({ loaded }) => loaded).toSorted((a, b) => a - b),
    );
  });

  it('rejects with the code, the status and the detail of the server', async () => {
    const upload = await run(page, 'uploadForm', '/photos', [textNamedPng], { field: 'photos' });
    expect(await upload.outcome()).toEqual({
      error: {
        isUploadError: true,
        field: 'photos',
        fileName: textNamedPng.name,
        name: 'UploadError',
        code: 'UNSUPPORTED_IMAGE_TYPE',
        status: 415,
        message: expect.stringContaining('The file is not an image of an accepted type'),
      },
    });
  });

  it.each([
    ['/proxy', { code: 'HTTP_502', status: 502, message: 'The server responded with 502.' }],
    ['/busy', { code: 'TOO_MANY_UPLOADS', status: 503, message: 'Later.', retryAfter: 7 }],
    ['/invalid', { code: 'INVALID_FORM', issues: [{ path: ['title'], message: 'Too short' }] }],
    ['/login', { code: 'INVALID_RESPONSE', status: 200 }],
    ['/gone', { code: 'NETWORK', status: 0, message: 'The connection was lost.' }],
  ])('rejects for %s, and does not send the form again', async (path, error) => {
    const { error: seen } = await (await run(page, 'uploadForm', path, [photo])).outcome();
    expect(seen).toMatchObject({ ...error, isUploadError: true });
    expect(requests).toEqual([`POST ${path}`]);
  });

  it('resolves with undefined for a response without a body', async () => {
    expect(await (await run(page, 'uploadForm', '/nothing', [photo])).outcome()).toEqual({});
  });

  it('is cancelled by its signal, and nothing is left', async () => {
    emulator.faults.add({ route: 'put', stallAfterBytes: 0 });
    const files = [jpeg('large.jpg', await imageOfSize('image/jpeg', MIB))];
    const upload = await run(page, 'uploadForm', '/photos', files, { field: 'photos' });
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    await upload.abort();
    expect(await upload.outcome()).toMatchObject({ error: { code: 'ABORTED', status: 0 } });
    await emulator.waitFor(({ images }) => images.list().length === 0);

    requests = [];
    const late = await run(page, 'uploadForm', '/photos', files, { aborted: true });
    expect(await late.outcome()).toMatchObject({ error: { code: 'ABORTED' } });
    expect(requests).toEqual([]);
  });

  it('goes on when its listener throws, which the page hears of', async () => {
    const heard: string[] = [];
    const hear = (error: Error): void => void heard.push(error.message);
    page.on('pageerror', hear);
    const upload = await run(page, 'uploadForm', '/nothing', [photo], { throws: true });
    expect(await upload.outcome()).toEqual({});
    await expect.poll(() => heard).toContain('of the listener');
    page.off('pageerror', hear);
  });
});
