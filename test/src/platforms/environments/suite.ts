import { Blob as NodeBlob } from 'node:buffer';
import { once } from 'node:events';
import { createReadStream, openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ReadableStream as WebStream } from 'node:stream/web';
import { transferableAbortController } from 'node:util';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type Imgwire,
  imgwireErrorHandler,
  imgwireUpload,
  type UploadInput,
  type UploadSource,
} from '@imgwire/express';
import express from 'express';
import { Readable as OtherReadable } from 'readable-stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost, postForm } from '../../support/client.ts';
import { imageOfSize } from '../../support/images.ts';
import { listen } from '../../support/listen.ts';
import { startStorage } from '../../support/storage-target.ts';
import { NODE_TARGETS } from '../../support/targets.ts';
import { overRest, sha256 } from '../../support/upload-suite.ts';

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
/** Node's own Uint8Array, whatever the global is. */
const NodeUint8Array = Object.getPrototypeOf(Buffer) as Uint8ArrayConstructor;

/** The ways to give bytes, with the classes of Node and with those that the environment has put in their place. */
const SOURCES: Readonly<Record<string, (bytes: Buffer, path: string) => unknown>> = {
  'a Buffer': (bytes) => bytes,
  "Node's Uint8Array": (bytes) => new NodeUint8Array(bytes),
  "the environment's Uint8Array": (bytes) => new Uint8Array(bytes),
  "Node's ArrayBuffer": (bytes) => new NodeUint8Array(bytes).buffer,
  "the environment's ArrayBuffer": (bytes) => new Uint8Array(bytes).buffer,
  "Node's Blob": (bytes) => new NodeBlob([bytes]),
  'a file as a Blob': (_bytes, path) => openAsBlob(path),
  'a stream of a file': (_bytes, path) => createReadStream(path),
  'a stream of Buffers': (bytes) => Readable.from([bytes.subarray(0, 40_000), bytes.subarray(40_000)]),
  "a stream of the environment's Uint8Arrays": (bytes) => Readable.from([new Uint8Array(bytes)]),
  'a stream of the readable-stream package': (bytes) =>
    OtherReadable.from([bytes.subarray(0, 40_000), bytes.subarray(40_000)]),
  'a web stream': (bytes) =>
    new WebStream({
      start: (controller) => {
        controller.enqueue(new NodeUint8Array(bytes));
        controller.close();
      },
    }),
};

const SIGNALS: Readonly<Record<string, () => AbortController>> = {
  "the environment's": () => new AbortController(),
  "Node's": () => transferableAbortController(),
};

async function read(url: string): Promise<{ status: number | undefined; body: Buffer }> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await buffer(response) };
}

/** What works in a test environment with globals of its own as it does under Node's. */
export function environmentSuite(): void {
  let emulator: Emulator;
  let imgwire: Imgwire;
  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    await imgwire.close();
    await emulator.close();
  });

  // But for the Request around its form: jsdom's FormData means nothing to Node's fetch.
  it('the test of the README passes', async () => {
    const upload = imgwireUpload({ required: true, apiKey: emulator.apiKey, baseUrl: emulator.url });
    const app = express();
    app.post('/avatar', upload.single('avatar'), (req, res) => {
      res.json({ id: req.image?.id, url: req.image?.url({ preset: 'medium', format: 'auto' }) });
    });
    app.use(imgwireErrorHandler());
    const server = createServer(app);
    const url = await listen(server);

    const form = new FormData();
    form.append('avatar', new Blob([picture]), 'avatar.png');
    const answer = await fetch(new Request(`${url}/avatar`, { method: 'POST', body: form }));

    expect(answer.status).toBe(200);
    const { id } = (await answer.json()) as { id: string };
    expect(emulator.images.sha256(id)).toBe(sha256(picture));
    emulator.assertNothingPending();
    server.closeAllConnections();
    server.close();
  });

  // The web adapter is not among them: an environment with its own Request is not a server.
  describe.each(NODE_TARGETS)('$name', (target) => {
    it('stores small and large files, and leaves nothing of one that breaks off', async () => {
      const app = await target.start(overRest(emulator));
      const files = await Promise.all([1000, 400_000].map((size) => imageOfSize('image/png', size)));
      const parts = files.map((bytes) => ({ name: 'a', fileName: 'a.png', bytes }));
      const answer = await postForm(`${app.url}/any`, parts);
      expect(answer.status, answer.text).toBe(200);
      expect(answer.json.images.map(({ id }: { id: string }) => emulator.images.sha256(id))).toEqual(
        files.map(sha256),
      );
      const refused = await postForm(`${app.url}/single`, parts);
      expect(refused.json).toMatchObject({ code: 'LIMIT_UNEXPECTED_FILE' });

      await emulator.reset();
      // In another field: what comes in the first one is followed by another file.
      const large = { name: 'b', fileName: 'a.png', bytes: await imageOfSize('image/png', 900_000) };
      const form = encodeForm([large]);
      const post = openPost(`${app.url}/any`, form.length);
      await post.write(form.subarray(0, 800_000));
      await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
      post.request.destroy();
      await expect.poll(() => app.errors.at(-1)).toMatchObject({ code: 'CLIENT_ABORTED' });
      expect(emulator.images.list()).toEqual([]);
      await app.close();
    });
  });

  it('a storage engine behind multer stores files', async () => {
    const app = await startStorage(overRest(emulator), { limits: { files: 1 } });
    const file = { name: 'a', fileName: 'a.png', bytes: await imageOfSize('image/png', 400_000) };
    const answer = await postForm(`${app.url}/any`, [file]);
    expect(answer.status, answer.text).toBe(200);
    // An error of multer's own is known by its name.
    expect((await postForm(`${app.url}/any`, [file, file])).json).toMatchObject({ code: 'LIMIT_FILE_COUNT' });
    await app.close();
  });

  describe('upload()', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'imgwire-environment-'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    it.each(Object.entries(SOURCES))('takes %s', async (_name, sourceOf) => {
      for (const size of [1000, 300_000]) {
        const bytes = await imageOfSize('image/png', size);
        const path = join(folder, 'a.png');
        await writeFile(path, bytes);
        const file = (await sourceOf(bytes, path)) as UploadSource;
        const { id } = await imgwire.upload({ file });
        expect(emulator.images.sha256(id)).toBe(sha256(bytes));
      }
    });

    it('refuses what is no source', async () => {
      for (const file of ['text', 5, {}, { size: 5, slice: () => '' }, { pipe: () => undefined }, null]) {
        const input = { file } as unknown as UploadInput;
        await expect(imgwire.upload(input)).rejects.toThrow(/"file" must be a Buffer/);
      }
    });
  });

  it.each(Object.entries(SIGNALS))('%s signal ends an upload, and a run of them', async (_name, make) => {
    emulator.faults.add({ route: 'put', hang: true, times: 9 });
    const one = make();
    const upload = imgwire.upload({ file: picture, signal: one.signal });
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    one.abort(new Error('enough'));
    await expect(upload).rejects.toThrow('enough');

    const item = make();
    const many = imgwire.uploadMany([{ file: picture, signal: item.signal }], { signal: make().signal });
    const first = many.next();
    await emulator.waitFor(({ requests }) => requests.filter(({ route }) => route === 'put').length === 2);
    item.abort(new Error('not this one'));
    expect((await first).value).toMatchObject({ status: 'rejected', reason: { message: 'not this one' } });
    await many.return();

    const stopped = make();
    stopped.abort(new Error('too late'));
    const late = imgwire.uploadMany([{ file: picture, signal: stopped.signal }]);
    expect((await late.next()).value).toMatchObject({ status: 'rejected', reason: { message: 'too late' } });
    const run = imgwire.uploadMany([{ file: picture }], { signal: stopped.signal });
    await expect(run.next()).rejects.toThrow('too late');
    expect(emulator.images.list()).toEqual([]);
  });

  it('waits, repeats, and says what was wrong', async () => {
    emulator.faults.add({ route: 'create', status: 503 });
    emulator.faults.add({ route: 'retrieve', status: 503 });
    const { id } = await imgwire.upload({ file: picture, waitUntilReady: true });
    expect(await imgwire.waitUntilReady(id)).toMatchObject({ status: 'READY', width: 1, height: 1 });
    const nobody = createImgwire({ apiKey: 'sk_x', baseUrl: 'http://127.0.0.1:1', maxAttempts: 1 });
    const failed = nobody.retrieve('a');
    await expect(failed).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      cause: { message: expect.stringContaining('ECONNREFUSED') },
    });
    await nobody.close();
  });

  it('ends uploads in flight when it closes', async () => {
    emulator.faults.add({ route: 'put', hang: true });
    const closing = createImgwire(overRest(emulator));
    const upload = closing.upload({ file: picture });
    upload.catch(() => undefined);
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    await closing.close({ timeoutMs: 10 });
    await expect(upload).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(emulator.images.list()).toEqual([]);
  });

  it('the emulator delivers and imports, and makes URLs of URLs', async () => {
    const bytes = await imageOfSize('image/png', 20_000);
    const source = createServer((req, res) => {
      if (req.url === '/moved') res.writeHead(302, { location: '/a.png' }).end();
      else res.end(bytes);
    });
    const url = await listen(source);
    for (const path of ['/a.png', '/moved']) {
      const { id } = await imgwire.uploadViaUrl({ url: new URL(path, url) });
      expect(emulator.images.sha256(id)).toBe(sha256(bytes));
    }
    source.closeAllConnections();
    source.close();
    const stored = await imgwire.upload({ file: bytes });
    expect(await read(stored.url({ width: 5, format: 'webp' }))).toMatchObject({ status: 200 });
    const watermark = 'https://images.example.com/a.png';
    expect(stored.url({ watermark_url: new URL(watermark) })).toBe(stored.url({ watermark_url: watermark }));
  });
}
