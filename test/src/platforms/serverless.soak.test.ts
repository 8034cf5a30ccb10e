import { createServer, type Server, type ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireErrorHandler, imgwireStorage, imgwireUpload, imgwireUploadViaUrl } from '@imgwire/express';
import express5 from 'express';
import express4 from 'express4';
import multer from 'multer';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, type Part } from '../support/client.ts';
import { imageOfSize, textNamedPng } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { inFull } from '../support/sample.ts';
import { NODE_TARGETS, type RunningTarget } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';
import { type Deliver, PLATFORMS, type Platform } from './serverless-platforms.ts';

const MIB = 1024 * 1024;
const file = (bytes: Uint8Array, name = 'photo'): Part => ({ name, fileName: `${name}.jpg`, bytes });

const PAIRS = PLATFORMS.flatMap((platform) =>
  NODE_TARGETS.filter((each) => inFull(each)).map((target) => ({ platform, target })),
);

describe.each(PAIRS)('$target.name on $platform.name', ({ platform, target }) => {
  let emulator: Emulator;
  let app: RunningTarget;
  let running: Awaited<ReturnType<Platform['run']>>;
  beforeAll(async () => {
    emulator = await startEmulator();
    app = await target.start({
      ...overRest(emulator),
      limits: { fileSize: 3 * MIB, files: 3, requestSize: 5 * MIB },
    });
    running = await platform.run(app.server);
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    running.close();
    await app.close();
    await emulator.close();
    expect(openTemporaryFiles()).toEqual([]);
  });
  const post = (...parts: Part[]): ReturnType<Deliver> => running.deliver('/any', encodeForm(parts));

  it.each([1000, 63 * 1024, 300_000, 2 * MIB])('stores a file of %i bytes', async (size) => {
    const bytes = await imageOfSize('image/jpeg', size);
    const answer = await post({ name: 'title', value: 'Kätzchen' }, file(bytes));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toMatchObject({ body: { title: 'Kätzchen' }, files: [{ size: bytes.length }] });
    expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put']);
  });

  it('stores several files, and the fields between them', async () => {
    const sizes = [2 * MIB, 900, 400_000];
    const files = await Promise.all(sizes.map((size) => imageOfSize('image/jpeg', size)));
    const answer = await post(
      ...files.flatMap((bytes, at) => [file(bytes, `p${at}`), { name: `n${at}`, value: `${at}` }]),
    );
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.body).toEqual({ n0: '0', n1: '1', n2: '2' });
    expect(answer.json.images.map(({ id }: { id: string }) => emulator.images.sha256(id))).toEqual(
      files.map(sha256),
    );
  });

  it('keeps every limit, and leaves nothing', async () => {
    const [small, large, huge] = await Promise.all([
      imageOfSize('image/jpeg', 1000),
      imageOfSize('image/jpeg', 3 * MIB + 1),
      imageOfSize('image/jpeg', 6 * MIB),
    ]);
    const four = Array.from({ length: 4 }, () => file(small));
    const refused: [Part[], number, string][] = [
      [[file(small), file(large)], 413, 'LIMIT_FILE_SIZE'],
      [[file(huge)], 413, 'LIMIT_REQUEST_SIZE'],
      [four, 413, 'LIMIT_FILE_COUNT'],
      [[file(small), file(textNamedPng.bytes)], 415, 'UNSUPPORTED_IMAGE_TYPE'],
    ];
    for (const [parts, status, code] of refused) {
      const answer = await post(...parts);
      expect(answer.json, answer.text).toMatchObject({ status, code });
      expect(answer.status).toBe(status);
      expect(emulator.images.list()).toEqual([]);
    }
    const whole = encodeForm([file(large.subarray(0, 2 * MIB))]);
    const cut = await running.deliver('/any', whole.subarray(0, -100));
    expect(cut.json).toMatchObject({ status: 400, code: 'MALFORMED_MULTIPART' });
    expect(emulator.images.list()).toEqual([]);
  });
});

const APPS = PLATFORMS.flatMap((platform) =>
  (
    [
      ['Express 4', express4],
      ['Express 5', express5],
    ] as const
  ).map(([name, express]) => ({ platform, name, express })),
);

describe.each(APPS)('$name on $platform.name', ({ platform, express }) => {
  let emulator: Emulator;
  let running: Awaited<ReturnType<Platform['run']>>;
  let server: Server;
  let late: ServerResponse | undefined;
  beforeAll(async () => {
    emulator = await startEmulator();
    const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url };
    const app = express();
    app.set('env', 'test');
    app.post('/fails', imgwireUpload({ ...connection, discardOnError: true }), (_req, res) => {
      res.status(422).json({});
    });
    // By the time that it answers, an adapter may say of its request that it was read.
    const authorize = (): Promise<boolean> => setImmediate(true);
    app.post('/works', imgwireUpload({ ...connection, authorize, discardOnError: true }), (_req, res) => {
      res.json({});
    });
    app.post(
      '/late',
      (_req, res, next) => {
        late = res;
        next();
      },
      imgwireUpload(connection),
    );
    const engine = multer({
      storage: imgwireStorage(connection) as unknown as multer.StorageEngine,
      // As multer's README has it; its types lack the option.
      streamHandler: (req: { rawBody?: Buffer; pipe(to: unknown): void }, busboy: NodeJS.WritableStream) => {
        if (req.rawBody) busboy.end(req.rawBody);
        else req.pipe(busboy);
      },
    } as multer.Options);
    app.post('/engine', engine.any(), (req, res) => {
      res.json({ images: (req.files as unknown as { image: object }[]).map(({ image }) => image) });
    });
    const allowedHosts = ['images.example.com'];
    app.post('/import', imgwireUploadViaUrl({ ...connection, allowedHosts }), (req, res) => {
      res.json({ id: req.image?.id });
    });
    app.use(imgwireErrorHandler());
    server = createServer(app);
    running = await platform.run(server);
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    running.close();
    await emulator.close();
  });

  it('deletes the images of a request whose answer is an error', async () => {
    const body = encodeForm([file(await imageOfSize('image/jpeg', 1000))]);
    expect((await running.deliver('/fails', body)).status).toBe(422);
    await emulator.waitFor(({ images, requests }) => images.list().length === 0 && requests.length > 2);
    expect((await running.deliver('/works', body)).status).toBe(200);
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('ends an upload whose response was sent meanwhile', async () => {
    emulator.faults.add({ route: 'put', hang: true });
    const body = encodeForm([file(await imageOfSize('image/jpeg', 1000))]);
    const delivered = running.deliver('/late', body);
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    late?.writeHead(503).end('too late');
    expect(await delivered).toMatchObject({ status: 503, text: 'too late' });
    await emulator.waitFor(({ images }) => images.list().length === 0);
  });

  it('stores files behind the multer of the user', async () => {
    const files = await Promise.all([1000, 400_000].map((size) => imageOfSize('image/jpeg', size)));
    const answer = await running.deliver('/engine', encodeForm(files.map((bytes) => file(bytes))));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.images.map(({ id }: { id: string }) => emulator.images.sha256(id))).toEqual(
      files.map(sha256),
    );
  });

  it('imports an image by its URL', async () => {
    emulator.faults.add({
      route: 'upload_via_url',
      status: 200,
      body: { id: 'abc', cdn_url: 'https://cdn.example/abc' },
    });
    const body = Buffer.from('{"url":"https://images.example.com/a.jpg"}');
    const answer = await running.deliver('/import', body, 'application/json');
    expect(answer.json, answer.text).toEqual({ id: 'abc' });
  });
});
