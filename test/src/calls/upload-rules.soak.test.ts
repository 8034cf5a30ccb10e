import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type Imgwire,
  isImgwireError,
  type UploadInput,
  type UploadSource,
} from '@imgwire/express';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  it,
  onTestFinished,
} from 'vitest';
import { image, imageOfSize } from '../support/images.ts';
import { openTemporaryFiles, temporaryDirectory } from '../support/leftovers.ts';
import { listen } from '../support/listen.ts';
import { sample } from '../support/sample.ts';
import { TRANSPORTS } from '../support/transports.ts';

const MIB = 1024 * 1024;
/** The default limit of a stream, in bytes. */
const DEFAULT = 50 * MIB;

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(temporaryDirectory, 'rules-')), 'photo.jpg');
});

/** In chunks, as from a network. */
function* chunks(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

type Make = (bytes: Buffer) => UploadSource | Promise<UploadSource>;
const HELD: Readonly<Record<string, Make>> = {
  'a Buffer': (bytes) => bytes,
  'a Blob': (bytes) => new Blob([new Uint8Array(bytes)]),
  'an fs.ReadStream': async (bytes) => {
    await writeFile(path, bytes);
    return createReadStream(path);
  },
};
const STREAMS: Readonly<Record<string, Make>> = {
  'a Readable': (bytes) => Readable.from(chunks(bytes)),
  'a web stream': (bytes) => Readable.toWeb(Readable.from(chunks(bytes))) as never,
};
const SOURCES = { ...HELD, ...STREAMS };

describe.each(TRANSPORTS)('the rules of upload(), over $transport', ({ transport, connect }) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire(connect(emulator));
  });
  beforeEach(() => emulator.reset());
  afterEach(async () => {
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
    emulator.assertNothingPending();
  });
  afterAll(async () => {
    await imgwire.close();
    await emulator.close();
  });

  describe.each(Object.entries(SOURCES))('for %s', (_name, make) => {
    it('accept only the types that they name', async () => {
      const png = await image('image/png');
      const upload = imgwire.upload({ file: await make(png), accept: ['image/jpeg', 'image/webp'] });
      await expect(upload).rejects.toMatchObject({
        code: 'UNSUPPORTED_IMAGE_TYPE',
        message: 'The file is not an image of an accepted type (jpg, webp).',
      });
      expect(emulator.requests).toEqual([]);
      await imgwire.upload({ file: await make(png), accept: ['image/x-png'] });
    });

    it('accept no more pixels than they say', async () => {
      const png = await image('image/png');
      const upload = imgwire.upload({ file: await make(png), maxPixels: 96 * 64 - 1 });
      await expect(upload).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' });
      expect(emulator.requests).toEqual([]);
      await imgwire.upload({ file: await make(png), maxPixels: 96 * 64 });
    });

    it('reject an image of unknown dimensions if they limit its pixels', async () => {
      const cut = (await image('image/png')).subarray(0, 12);
      await expect(imgwire.upload({ file: await make(cut), maxPixels: 1e6 })).rejects.toMatchObject({
        code: 'PIXELS_UNKNOWN',
      });
      expect(emulator.requests).toEqual([]);
      await imgwire.upload({ file: await make(cut) });
    });

    it.each([2000, 3 * MIB])('accept %i bytes, and not one more', async (size) => {
      const limits = { fileSize: size };
      await imgwire.upload({ file: await make(await imageOfSize('image/jpeg', size)), limits });
      const file = await make(await imageOfSize('image/jpeg', size + 1));
      await expect(imgwire.upload({ file, limits })).rejects.toMatchObject({ code: 'LIMIT_FILE_SIZE' });
      expect(emulator.images.list()).toHaveLength(1);
    });

    it.each([2000, 3 * MIB])('delete what was sent of %i bytes that are declared shorter', async (size) => {
      const file = await make(await imageOfSize('image/jpeg', size));
      const upload = imgwire.upload({ file, contentLength: size - 1, limits: { fileSize: size - 1 } });
      // What the backend holds has its own length.
      await expect(upload).rejects.toSatisfy(isImgwireError);
      expect(emulator.images.list()).toEqual([]);
    });
  });

  it('are of each item of uploadMany()', async () => {
    const png = await image('image/png');
    const items: UploadInput[] = [
      { file: png, accept: ['image/jpeg'] },
      { file: png, maxPixels: 10 },
      { file: png, limits: { fileSize: png.length - 1 } },
      { file: png },
    ];
    const outcomes: unknown[] = [];
    for await (const result of imgwire.uploadMany(items, { concurrency: 1 }))
      outcomes.push(result.status === 'rejected' ? result.reason : result.value.mime_type);
    expect(outcomes).toMatchObject([
      { code: 'UNSUPPORTED_IMAGE_TYPE' },
      { code: 'TOO_MANY_PIXELS' },
      { code: 'LIMIT_FILE_SIZE' },
      'image/png',
    ]);
    expect(emulator.images.list()).toHaveLength(1);
  });

  // Files of 50 MiB.
  const largeCases = inject('soak') || transport === 'REST' ? sample : <T>(): T[] => [];
  it.each(largeCases(Object.entries(HELD)))('set no limit to %s by themselves', async (_name, make) => {
    const stored = await imgwire.upload({ file: await make(await imageOfSize('image/jpeg', DEFAULT + 1)) });
    expect(stored).toMatchObject({ mime_type: 'image/jpeg' });
  });

  it.each(largeCases(Object.entries(STREAMS)))('limit %s to 50 MiB by themselves', async (_name, make) => {
    const bytes = await imageOfSize('image/jpeg', DEFAULT + 1);
    await expect(imgwire.upload({ file: await make(bytes) })).rejects.toMatchObject({
      code: 'LIMIT_FILE_SIZE',
      status: 413,
      message: 'The file is larger than 52428800 bytes (50 MiB).',
    });
    expect(emulator.images.list()).toEqual([]);
    await imgwire.upload({ file: await make(bytes), limits: { fileSize: DEFAULT + 1 } });
  });

  it.each([
    [DEFAULT + 1, undefined],
    [2001, { fileSize: 2000 }],
  ])('reject a declared length of %i before a byte is read', async (contentLength, limits) => {
    const failures: unknown[] = [];
    const onFailed = (event: unknown): void => void failures.push(event);
    subscribe('imgwire:upload:failed', onFailed);
    onTestFinished(() => void unsubscribe('imgwire:upload:failed', onFailed));
    let reads = 0;
    const file = new Readable({ read: () => void reads++ });
    await expect(imgwire.upload({ file, contentLength, limits })).rejects.toMatchObject({
      code: 'LIMIT_FILE_SIZE',
    });
    expect([reads, file.destroyed]).toEqual([0, true]);
    expect(failures).toMatchObject([{ error: { code: 'LIMIT_FILE_SIZE' } }]);
    expect(emulator.requests).toEqual([]);
  });

  it('end a stream without an end', async () => {
    const file = new PassThrough();
    const upload = imgwire.upload({ file, limits: { fileSize: MIB } });
    const ended = expect(upload).rejects.toMatchObject({ code: 'LIMIT_FILE_SIZE' });
    const start = await imageOfSize('image/jpeg', 65_536);
    file.write(start);
    const more = (): void => {
      while (!file.destroyed && file.write(start));
      if (!file.destroyed) file.once('drain', more);
    };
    more();
    await ended;
    expect(file.destroyed).toBe(true);
    expect(emulator.images.list()).toEqual([]);
  });

  it('leave the connection of a request that they reject usable', async () => {
    const server = createServer((req, res) => {
      const contentLength = Number(req.headers['content-length']);
      imgwire.upload({ file: req, contentLength, limits: { fileSize: MIB } }).then(
        ({ id }) => res.end(id),
        (error: unknown) => res.writeHead(isImgwireError(error) ? error.status : 500).end(),
      );
    });
    const url = await listen(server);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = async (body: Buffer): Promise<number | undefined> => {
      const sending = request(url, { method: 'PUT', agent }).end(body);
      const [response] = (await once(sending, 'response')) as [IncomingMessage];
      await once(response.resume(), 'end');
      return response.statusCode;
    };
    let connections = 0;
    server.on('connection', () => connections++);
    try {
      expect(await send(await imageOfSize('image/jpeg', 3 * MIB))).toBe(413);
      expect(await send(await imageOfSize('image/jpeg', MIB))).toBe(200);
      expect(connections).toBe(1);
    } finally {
      agent.destroy();
      server.close();
    }
  });

  it.each([
    [{ accept: ['image/*'] }, /^upload\(\): option "accept" must be an array of image types/],
    [{ accept: [] }, /^upload\(\): option "accept" must be an array that is not empty/],
    [{ maxPixels: 0 }, /^upload\(\): option "maxPixels" must be an integer that is at least 1/],
    [
      { limits: { fileSize: '10mb' } },
      /"limits.fileSize" must be .*: write 10 \* 1024 \* 1024 instead of '10mb'/,
    ],
    [{ limits: { files: 1 } }, /^upload\(\): unknown option "limits.files"; the options are fileSize/],
    [{ fileSize: 1000 }, /^upload\(\): unknown option "fileSize"; did you mean "limits.fileSize"\?/],
    [{ minWidth: 100 }, /unknown option "minWidth"; it belongs to imgwireUpload\(\): check the file before/],
    [{ scan: () => true }, /unknown option "scan"; it belongs to imgwireUpload\(\): check the file before/],
  ])('cannot be %j', async (rules, message) => {
    const upload = imgwire.upload({ file: await image('image/png'), ...(rules as object) });
    await expect(upload).rejects.toThrow(message);
    expect(emulator.requests).toEqual([]);
  });
});
