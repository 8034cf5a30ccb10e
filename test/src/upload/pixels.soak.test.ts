import { openAsBlob } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type UploadInput } from '@imgwire/express';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Answer, type Part, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { openTemporaryFiles, temporaryDirectory } from '../support/leftovers.ts';
import {
  gif,
  gifComment,
  gifFrame,
  grid,
  heif,
  jpegBehindProfile,
  page,
  text,
  tiff,
  tiffAtEnd,
  tiffBackwards,
} from '../support/pixel-files.ts';
import { inFull, sample } from '../support/sample.ts';
import { startStorage } from '../support/storage-target.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

// 400 megapixels: above the limit that nobody has set.
const HUGE = { width: 20_000, height: 20_000 };
const SMALL = { width: 1000, height: 900 };
const ONE = { width: 1, height: 1 };

/** Files by the place where their size stands, with the size that is given. */
const FILES: Readonly<Record<string, (size: typeof HUGE) => Buffer | Promise<Buffer>>> = {
  'a GIF with a frame beyond its screen': (size) => gif(ONE, gifFrame(size)),
  'a GIF with such a frame behind the read-ahead': (size) =>
    gif(ONE, gifFrame(ONE), gifComment(2 * MIB), gifFrame(size), gifComment(100 * KIB)),
  'a GIF with such a frame as its last': (size) => gif(ONE, gifComment(2 * MIB), gifFrame(size)),
  'a JPEG behind a colour profile of 560 KiB': (size) => jpegBehindProfile(size, 560 * KIB, 2 * MIB),
  'a small TIFF with its directory at the end': (size) => tiffAtEnd(size, 100 * KIB),
  'a TIFF with its directory at the end': (size) => tiffAtEnd(size, 2 * MIB),
  'a TIFF with a second directory at the end': (size) =>
    tiff(2 * MIB, 8, { 8: [page(ONE), 2 * MIB - 100], [2 * MIB - 100]: [page(size), 0] }),
  'a HEIC with its boxes at the end': (size) =>
    heif(['heic'], [{ type: 'hvc1', ...size, data: Buffer.alloc(2 * MIB, 7) }], 'mdat first'),
  'a HEIC whose grid says it far behind its boxes': (size) =>
    heif(
      ['heic'],
      [
        { type: 'hvc1', ...ONE, data: Buffer.alloc(2 * MIB, 7) },
        { type: 'grid', ...ONE, data: grid(size) },
      ],
      'mdat',
    ),
};

/** The ways of a form to us; without a Content-Length a file above the read-ahead needs the disk. */
const WAYS = [
  { chunked: false, replay: true },
  { chunked: true, replay: true },
  { chunked: false, replay: false },
] as const;

const form = (bytes: Uint8Array): Part[] => [{ name: 'avatar', fileName: 'a', bytes }];

describe.each(TARGETS.filter((target) => inFull(target)))(
  'the pixels of an image, through $name',
  (target) => {
    // Where the pixels stand, and how the bytes come, is all the same to an adapter.
    const ways = target.name === 'core' ? WAYS : WAYS.slice(0, 1);
    let emulator: Emulator;
    let app: RunningTarget | undefined;
    beforeAll(async () => {
      emulator = await startEmulator();
    });
    beforeEach(() => emulator.reset());
    afterEach(async () => {
      await app?.close();
      app = undefined;
      await expect.poll(() => openTemporaryFiles()).toEqual([]);
    });
    afterAll(() => emulator.close());
    const post = async (
      bytes: Uint8Array,
      chunked: boolean,
      options: TargetOptions = {},
    ): Promise<Answer> => {
      await app?.close();
      app = await target.start({ ...overRest(emulator), ...options });
      return postForm(`${app.url}/single`, form(bytes), { chunked });
    };
    const expectRefused = (answer: Answer, status: number, code: string): void => {
      expect(answer.json, answer.text).toMatchObject({ status, code, field: 'avatar' });
      expect(answer.status).toBe(status);
      expect(emulator.images.list()).toEqual([]);
    };

    describe.each(Object.entries(FILES))('of %s', (name, make) => {
      const some = inject('soak') || sample(Object.keys(FILES)).includes(name) ? ways : ways.slice(0, 1);
      it.each(some)(
        'are refused above the limit, chunked: $chunked, replay: $replay',
        async ({ chunked, replay }) => {
          const answer = await post(await make(HUGE), chunked, { replay });
          expectRefused(answer, 413, 'TOO_MANY_PIXELS');
          expect(answer.json.detail).toContain('20000 × 20000');
          // Whatever was begun, no PUT was complete.
          expect(emulator.requests.filter(({ route, status }) => route === 'put' && status === 200)).toEqual(
            [],
          );
        },
      );

      it.each(some)(
        'are told within a limit that was set, chunked: $chunked, replay: $replay',
        async ({ chunked, replay }) => {
          const bytes = await make(SMALL);
          const answer = await post(bytes, chunked, { replay, maxPixels: 1_000_000 });
          expect(answer.status, answer.text).toBe(200);
          expect(answer.json.files[0]).toMatchObject(SMALL);
          expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
        },
      );
    });

    it('are read where the directories of a TIFF run backwards, from the copy', async () => {
      for (const chunked of [false, true]) {
        const answer = await post(tiffBackwards(ONE, HUGE, 2 * MIB), chunked);
        expectRefused(answer, 413, 'TOO_MANY_PIXELS');
        const good = await post(tiffBackwards(ONE, SMALL, 2 * MIB), chunked, { maxPixels: 1_000_000 });
        expect(good.json.files[0]).toMatchObject(SMALL);
        await emulator.reset();
      }
    });

    it('cannot be known there without a copy: refused where a limit was set, and only there', async () => {
      const bytes = tiffBackwards(SMALL, ONE, 2 * MIB);
      const without = { replay: false };
      expectRefused(await post(bytes, false, { ...without, maxPixels: 1_000_000 }), 415, 'PIXELS_UNKNOWN');
      const fields = [{ name: 'avatar', maxPixels: 1_000_000 }];
      await app?.close();
      app = await target.start({ ...overRest(emulator), ...without, fields });
      expectRefused(await postForm(`${app.url}/any`, form(bytes)), 415, 'PIXELS_UNKNOWN');
      const open = await post(bytes, false, without);
      expect(open.status, open.text).toBe(200);
      expect(open.json.files[0].width).toBeUndefined();
    });

    it('cannot be known of a JPEG without a frame header', async () => {
      const jpeg = await image('image/jpeg');
      const bytes = text(jpeg.subarray(0, 2), [0xff, 0xd9]);
      expectRefused(await post(bytes, false, { maxPixels: 1_000_000 }), 415, 'PIXELS_UNKNOWN');
      expect(emulator.requests).toEqual([]);
      expect((await post(bytes, false)).status).toBe(200);
    });

    it('are those of a whole file also when its PUT has failed before they were seen', async () => {
      emulator.faults.add({ route: 'put', resetAfterBytes: 300 * KIB });
      const bytes = gif(ONE, gifComment(3 * MIB), gifFrame(HUGE), gifComment(MIB));
      expectRefused(await post(bytes, false), 413, 'TOO_MANY_PIXELS');
    });

    it('are told to `metadata` as far as they are known by then', async () => {
      const told: unknown[] = [];
      const metadata: TargetOptions['metadata'] = (_req, { width, height }) => {
        told.push({ width, height });
        return undefined;
      };
      await post(await jpegBehindProfile(SMALL, 200 * KIB, MIB), false, { metadata });
      await post(tiffAtEnd(SMALL, 2 * MIB), false, { metadata });
      expect(told).toEqual([SMALL, { width: undefined, height: undefined }]);
    });

    it('are not asked of a camera raw, or of a PNG that only Apple can read: they are no accepted type', async () => {
      const png = await image('image/png');
      const refused = {
        CR2: tiff(1000, 16, { 16: [page(SMALL), 0] }).fill('CR\x02\0', 8, 12, 'latin1'),
        DNG: tiff(1000, 8, { 8: [{ ...page(SMALL), 50706: 0x0401 }, 0] }),
        'DNG with its directory at the end': tiff(MIB, MIB - 100, {
          [MIB - 100]: [{ ...page(SMALL), 50706: 0x0401 }, 0],
        }),
        NEF: tiff(1000, 8, {
          8: [{ ...page(ONE), 330: [200, 400] }, 0],
          200: [page(ONE), 0],
          400: [{ ...page(SMALL), 262: 32803 }, 0],
        }),
        CgBI: text(
          png.subarray(0, 8),
          [0, 0, 0, 4],
          'CgBI',
          [0x50, 0, 0x20, 2, 0x2b, 0xd5, 0xb3, 0x7f],
          png.subarray(8),
        ),
      };
      for (const [name, bytes] of Object.entries(refused)) {
        const answer = await post(bytes, false);
        expect(answer.json, name).toMatchObject({ status: 415, code: 'UNSUPPORTED_IMAGE_TYPE' });
        expect(emulator.images.list()).toEqual([]);
      }
    });

    it('are those of a HEIF whose only brand is mif1, which its items tell', async () => {
      for (const [type, mimetype] of [
        ['hvc1', 'image/heic'],
        ['av01', 'image/avif'],
      ] as const) {
        const answer = await post(heif(['mif1', 'mif1'], [{ type, ...SMALL }]), false);
        expect(answer.json.files[0]).toMatchObject({ mimetype, ...SMALL });
      }
    });
  },
);

describe('the pixels of an image, in a backend and behind multer', () => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire(overRest(emulator));
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
  const SOURCES: Readonly<Record<string, (bytes: Buffer) => UploadInput | Promise<UploadInput>>> = {
    'a Buffer': (file) => ({ file }),
    'a Blob': (bytes) => ({ file: new Blob([new Uint8Array(bytes)]) }),
    'a file as a Blob': async (bytes) => {
      const path = join(temporaryDirectory, 'held');
      await writeFile(path, bytes);
      return { file: await openAsBlob(path) };
    },
    'a stream': (bytes) => ({ file: Readable.from(chunks(bytes)) }),
    'a stream of known length': (bytes) => ({
      file: Readable.from(chunks(bytes)),
      contentLength: bytes.length,
    }),
    'a stream of known length without a copy': (bytes) => ({
      file: Readable.from(chunks(bytes)),
      contentLength: bytes.length,
      replay: false,
    }),
  };

  describe.each(Object.entries(FILES))('of %s', (name, make) => {
    // How a source is read, and what multer gets, is all the same to a file.
    const all = inject('soak') || sample(Object.keys(FILES)).includes(name);
    it.each(all ? Object.entries(SOURCES) : sample(Object.entries(SOURCES)))(
      'are refused above the limit from %s',
      async (_source, input) => {
        const uploading = imgwire.upload(await input(await make(HUGE)));
        await expect(uploading).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' });
        expect(emulator.images.list()).toEqual([]);
      },
    );

    it.each(sample(Object.entries(SOURCES)))(
      'let it pass within the limit from %s',
      async (_source, input) => {
        const bytes = await make(SMALL);
        const { id } = await imgwire.upload(await input(bytes));
        expect(emulator.images.sha256(id)).toBe(sha256(bytes));
      },
    );

    if (!all) return;
    it('are kept by imgwireStorage()', async () => {
      const app = await startStorage(overRest(emulator), {}, { maxPixels: 1_000_000 });
      try {
        const good = await postForm(`${app.url}/any`, form(await make(SMALL)));
        expect(good.status, good.text).toBe(200);
        await emulator.reset();
        const bad = await postForm(`${app.url}/any`, form(await make(HUGE)));
        expect(bad.json).toMatchObject({ status: 413, code: 'TOO_MANY_PIXELS' });
        expect(emulator.requests).toEqual([]);
      } finally {
        await app.close();
      }
    });
  });

  it('are read of a Blob where the directories of a TIFF run backwards', async () => {
    const file = new Blob([new Uint8Array(tiffBackwards(ONE, HUGE, 2 * MIB))]);
    await expect(imgwire.upload({ file })).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' });
    expect(emulator.requests).toEqual([]);
  });

  it('are refused by imgwireStorage() where they cannot be known and a limit was set', async () => {
    const bytes = text((await image('image/jpeg')).subarray(0, 2), [0xff, 0xd9]);
    for (const [rules, status] of [
      [{ maxPixels: 1_000_000 }, 415],
      [{}, 200],
    ] as const) {
      const app = await startStorage(overRest(emulator), {}, rules);
      const answer = await postForm(`${app.url}/any`, form(bytes));
      await app.close();
      expect(answer.status, answer.text).toBe(status);
    }
  });
});
