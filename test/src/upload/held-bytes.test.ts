import { once } from 'node:events';
import { createReadStream, openAsBlob } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type UploadSource } from '@imgwire/express';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { imageOfSize, svg } from '../support/images.ts';
import { openTemporaryFiles, temporaryDirectory } from '../support/leftovers.ts';
import { listen } from '../support/listen.ts';
import { sha256 } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;

let emulator: Emulator;
let imgwire: Imgwire;
let path: string;
beforeAll(async () => {
  emulator = await startEmulator();
  imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  path = join(await mkdtemp(join(temporaryDirectory, 'held-')), 'photo.jpg');
});
beforeEach(() => emulator.reset());
afterEach(async () => {
  await expect.poll(() => openTemporaryFiles()).toEqual([]);
});
afterAll(async () => {
  await imgwire.close();
  await emulator.close();
});

const chunks = function* (bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
};

type Make = (bytes: Buffer) => UploadSource | Promise<UploadSource>;
const SOURCES: Readonly<Record<string, Make>> = {
  Buffer: (bytes) => bytes,
  Uint8Array: (bytes) => new Uint8Array(bytes),
  ArrayBuffer: (bytes) => new Uint8Array(bytes).buffer,
  Blob: (bytes) => new Blob([new Uint8Array(bytes)]),
  'file as a Blob': async (bytes) => {
    await writeFile(path, bytes);
    return openAsBlob(path);
  },
  'fs.ReadStream': async (bytes) => {
    await writeFile(path, bytes);
    return createReadStream(path);
  },
  'fs.ReadStream of a range': async (bytes) => {
    await writeFile(path, Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(9)]));
    return createReadStream(path, { start: 7, end: 6 + bytes.length });
  },
  Readable: (bytes) => Readable.from(chunks(bytes)),
  'web stream': (bytes) => Readable.toWeb(Readable.from(chunks(bytes))) as never,
};

describe.each(Object.entries(SOURCES))('upload() of a %s', (_name, make) => {
  it.each([2000, 262_144, 3 * MIB])('stores %i bytes', async (size) => {
    const bytes = await imageOfSize('image/jpeg', size);
    const image = await imgwire.upload({
      file: await make(bytes),
      purpose: 'test',
      customMetadata: { n: 1 },
    });
    expect(emulator.images.sha256(image.id)).toBe(sha256(bytes));
    expect(image).toMatchObject({ purpose: 'test', custom_metadata: { n: 1 }, mime_type: 'image/jpeg' });
  });

  it('sends it again after a PUT that broke in the middle', async () => {
    emulator.faults.add({ route: 'put', resetAfterBytes: MIB });
    const bytes = await imageOfSize('image/jpeg', 3 * MIB);
    const image = await imgwire.upload({ file: await make(bytes) });
    expect(emulator.images.list().map(({ id }) => id)).toEqual([image.id]);
    expect(emulator.images.sha256(image.id)).toBe(sha256(bytes));
  });

  it('refuses what is no image', async () => {
    await expect(imgwire.upload({ file: await make(Buffer.from(svg.bytes)) })).rejects.toMatchObject({
      code: 'UNSUPPORTED_IMAGE_TYPE',
    });
    expect(emulator.requests).toEqual([]);
  });
});

it('sends a stream of known length while it is read, with nothing on disk', async () => {
  const bytes = await imageOfSize('image/jpeg', 3 * MIB);
  const file = new PassThrough();
  const image = imgwire.upload({ file, contentLength: bytes.length, replay: false });
  file.write(bytes.subarray(0, 2 * MIB));
  await emulator.waitFor(({ requests }) =>
    requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived > MIB),
  );
  expect(openTemporaryFiles()).toEqual([]);
  file.end(bytes.subarray(2 * MIB));
  expect(emulator.images.sha256((await image).id)).toBe(sha256(bytes));
});

/** Uploads that are refused before they begin. */
const REFUSED: Readonly<Record<string, (file: UploadSource, over: Imgwire) => Promise<unknown>>> = {
  'a wrong option': (file, over) => over.upload({ file, purpose: '' }),
  'a signal that has aborted': (file, over) => over.upload({ file, signal: AbortSignal.abort() }),
  'a wrong option, among many': async (file, over) => {
    for await (const { reason } of over.uploadMany([{ file, purpose: '' }]) as AsyncIterable<{
      reason?: unknown;
    }>)
      if (reason) throw reason;
  },
  'a connection that is closed': async (file, over) => {
    await over.close();
    await over.upload({ file });
  },
};

describe.each(Object.entries(REFUSED))('upload() refused for %s', (_case, refused) => {
  let over: Imgwire;
  beforeEach(() => {
    over = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  });
  afterEach(() => over.close());

  it('destroys a stream', async () => {
    const file = new PassThrough();
    await expect(refused(file, over)).rejects.toThrow();
    expect(file.destroyed).toBe(true);
  });

  it('cancels a web stream', async () => {
    const cancel = vi.fn();
    const file = new ReadableStream<Uint8Array>({ cancel });
    await expect(refused(file as UploadSource, over)).rejects.toThrow();
    expect(cancel).toHaveBeenCalledOnce();
  });

  it('outlives that there is no such file', async () => {
    const file = createReadStream(`${path}.none`);
    // Not once(): it would listen for the error.
    const closed = new Promise<void>((resolve) => file.on('close', () => resolve()));
    await expect(refused(file, over)).rejects.toThrow();
    await closed;
  });
});

it.each([
  ['before it begins', { purpose: '' }],
  ['by its bytes', {}],
])(
  'answers a request whose body is refused %s, and the next one on its connection',
  async (_case, options) => {
    const server = createServer((req, res) => {
      imgwire.upload({ file: req, ...options }).then(
        ({ id }) => res.end(id),
        (error: Error) => res.writeHead(400).end(error.message),
      );
    });
    const url = await listen(server);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = async (body: Buffer): Promise<number | undefined> => {
      const sending = request(url, { method: 'PUT', agent }).end(body);
      const [answer] = (await once(sending, 'response')) as [IncomingMessage];
      await once(answer.resume(), 'end');
      return answer.statusCode;
    };
    expect(await send(Buffer.alloc(3 * MIB))).toBe(400);
    expect(await send(Buffer.alloc(3 * MIB))).toBe(400);
    agent.destroy();
    server.close();
  },
);

it('leaves no listeners on a stream that is refused many times', async () => {
  const file = new PassThrough();
  for (let i = 0; i < 20; i++) await expect(imgwire.upload({ file, purpose: '' })).rejects.toThrow();
  expect(file.listenerCount('error')).toBeLessThan(3);
});

it.each([-1, 1])('refuses a stream whose declared length is off by %i', async (by) => {
  const bytes = await imageOfSize('image/jpeg', MIB);
  const file = Readable.from(chunks(bytes));
  const upload = imgwire.upload({ file, contentLength: bytes.length + by, replay: false });
  await expect(upload).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' });
  expect(file.destroyed).toBe(true);
  expect(emulator.images.list()).toEqual([]);
});

it('never completes a PUT of a file that turns out longer, also where a chunk ends at its declared length', async () => {
  const bytes = await imageOfSize('image/jpeg', 1_050_000);
  const file = Readable.from(chunks(bytes));
  const upload = imgwire.upload({ file, contentLength: 1_000_000, replay: false });
  await expect(upload).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' });
  const put = await emulator.waitFor(({ requests }) =>
    requests.find(({ route, state }) => route === 'put' && state !== 'open'),
  );
  expect(put.status).not.toBe(200);
  expect(put.bytesReceived).toBeLessThan(1_000_000);
});

it.each([
  [3000, 5000],
  [600_000, 900_000],
  [900_000, 600_000],
  [600_000, 0],
])(
  'refuses a stream of %i bytes that is declared as %i, with a copy at hand, too',
  async (size, contentLength) => {
    const file = Readable.from(chunks(await imageOfSize('image/jpeg', size)));
    await expect(imgwire.upload({ file, contentLength })).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' });
    expect(emulator.images.list()).toEqual([]);
  },
);

it('refuses a stream with an encoding, whose text is no longer the bytes of the file', async () => {
  const file = Readable.from(chunks(await imageOfSize('image/jpeg', 5000))).setEncoding('latin1');
  await expect(imgwire.upload({ file })).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
});

it('does not take "stored" for an answer before all was sent, but sends it again', async () => {
  emulator.faults.add({ route: 'put', status: 200, respondAfterBytes: 65_536 });
  const bytes = await imageOfSize('image/jpeg', 20 * MIB);
  const image = await imgwire.upload({ file: bytes });
  expect(emulator.images.sha256(image.id)).toBe(sha256(bytes));
});

it('leaves no record of an image that was not ready in time', async () => {
  const slow = await startEmulator({ readyDelayMs: 60_000 });
  const client = createImgwire({ apiKey: slow.apiKey, baseUrl: slow.url });
  const controller = new AbortController();
  const upload = client.upload({
    file: await imageOfSize('image/jpeg', 5000),
    waitUntilReady: true,
    signal: controller.signal,
  });
  await slow.waitFor(({ requests }) => requests.some(({ route }) => route === 'retrieve'));
  controller.abort(new Error('enough'));
  await expect(upload).rejects.toThrow('enough');
  expect(slow.images.list()).toEqual([]);
  await client.close();
  await slow.close();
});

it('lets uploads in flight end before it closes', async () => {
  const client = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  emulator.faults.add({ route: 'create', delayMs: 100 });
  const upload = client.upload({ file: await imageOfSize('image/jpeg', 5000) });
  await emulator.waitFor(({ requests }) => requests.length > 0);
  await client.close();
  expect((await upload).id).toBe(emulator.images.list()[0]?.id);
});

it('waits no longer for READY than it was told, also when the service does not answer', async () => {
  const image = await imgwire.upload({ file: await imageOfSize('image/jpeg', 5000) });
  emulator.faults.add({ route: 'retrieve', hang: true });
  const started = performance.now();
  await expect(imgwire.waitUntilReady(image, { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'IMAGE_NOT_READY',
  });
  // The service's own deadline is 15 seconds.
  expect(performance.now() - started).toBeLessThan(15_000);
});

it('reports a stream that fails at any time, and leaves no record', async () => {
  const missing = imgwire.upload({ file: createReadStream(`${path}.missing`) });
  await expect(missing).rejects.toMatchObject({ code: 'SOURCE_FAILED', cause: { code: 'ENOENT' } });
  const bytes = await imageOfSize('image/jpeg', 3 * MIB);
  for (const [at, contentLength] of [
    [1000, undefined],
    [MIB, undefined],
    [MIB, bytes.length],
  ] as const) {
    const file = new PassThrough();
    const upload = imgwire.upload({ file, ...(contentLength && { contentLength }) });
    file.write(bytes.subarray(0, at));
    setImmediate(() => file.destroy(new Error('the disk is gone')));
    await expect(upload).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
  }
  expect(emulator.images.list()).toEqual([]);
});

it('is aborted by its signal, with the signal’s reason', async () => {
  emulator.faults.add({ route: 'put', hang: true });
  const controller = new AbortController();
  const upload = imgwire.upload({ file: await imageOfSize('image/jpeg', MIB), signal: controller.signal });
  await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
  controller.abort(new Error('enough'));
  await expect(upload).rejects.toThrow('enough');
  expect(emulator.images.list()).toEqual([]);
});

it('answers the image that is there when an idempotency key is used again', async () => {
  const file = await imageOfSize('image/jpeg', MIB);
  const first = await imgwire.upload({ file, idempotencyKey: 'photo-1' });
  const second = await imgwire.upload({ file, idempotencyKey: 'photo-1' });
  expect(second.id).toBe(first.id);
  expect(emulator.requests.filter(({ route }) => route === 'put')).toHaveLength(1);
});

it('names a nameless upload after its type', async () => {
  const image = await imgwire.upload({ file: await imageOfSize('image/png', 2000) });
  expect(image.original_filename).toBe('upload.png');
});

it('says what a source may be', async () => {
  await expect(imgwire.upload({ file: 'photo.jpg' as never })).rejects.toThrow(
    /must be a Buffer, Uint8Array/,
  );
});

describe('waitUntilReady()', () => {
  it('waits for READY and answers the processed record', async () => {
    const slow = await startEmulator({ readyDelayMs: 300 });
    const client = createImgwire({ apiKey: slow.apiKey, baseUrl: slow.url });
    const created = await client.upload({ file: await imageOfSize('image/jpeg', 5000) });
    expect(created.status).toBe('PENDING');
    const ready = await client.waitUntilReady(created);
    expect(ready).toMatchObject({ id: created.id, status: 'READY', size_bytes: 5000 });
    await expect(
      client.waitUntilReady(await client.upload({ file: await imageOfSize('image/jpeg', 6000) }), {
        timeoutMs: 1,
      }),
    ).rejects.toMatchObject({ code: 'IMAGE_NOT_READY', status: 504 });
    const aborted = client.waitUntilReady(created.id, { signal: AbortSignal.abort(new Error('enough')) });
    await expect(aborted).rejects.toThrow('enough');
    await client.close();
    await slow.close();
  });

  it('rejects an image in quarantine', async () => {
    const bytes = await imageOfSize('image/jpeg', 5000);
    // Passes for a JPEG by its beginning, and is none.
    const broken = Buffer.concat([bytes.subarray(0, 20), Buffer.alloc(5000)]);
    const image = await imgwire.upload({ file: broken });
    await expect(imgwire.waitUntilReady(image)).rejects.toMatchObject({
      code: 'IMAGE_QUARANTINED',
      status: 422,
    });
  });
});
