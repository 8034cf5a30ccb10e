import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { effort } from '../../../../test/src/support/effort.ts';
import { fixture, image, makePages } from '../../../../test/src/support/images.ts';
import {
  be16,
  be32,
  box,
  gif,
  gifComment,
  gifFrame,
  grid,
  heif,
  icon,
  iconBitmap,
  jpegBehindProfile,
  page,
  pngOf,
  text,
  tiff,
  tiffAtEnd,
  tiffBackwards,
  u16,
  u32,
  vp8,
  webp,
  webpCanvas,
  webpChunk,
  webpFrame,
} from '../../../../test/src/support/pixel-files.ts';
import { IMAGE_TYPES, inspectImage, typeOfBytes } from './inspect.ts';
import { type SeekableFile, SizeInspector } from './size-inspector.ts';

const ONE = { width: 1, height: 1 };
const LARGE = { width: 700, height: 500 };

const readable = (bytes: Buffer): SeekableFile => ({
  length: bytes.length,
  body: (from) => bytes.subarray(from),
});
/** The same in chunks, as a file is read from the disk. */
const readableInChunks = (bytes: Buffer): SeekableFile => ({
  length: bytes.length,
  body: (from = 0) => {
    let at = from;
    return async () => {
      const chunk = bytes.subarray(at, at + 100);
      at += chunk.length;
      return chunk.length > 0 ? chunk : undefined;
    };
  },
});

/** What is known of a file that passes in pieces, cut at these places, and can be read again or not. */
async function measured(bytes: Buffer, cuts: readonly number[] = [], whole?: SeekableFile) {
  const type = typeOfBytes(bytes);
  if (!type) throw new Error('not an image');
  const meter = new SizeInspector(type);
  const ends = [...new Set(cuts)].filter((cut) => cut < bytes.length).sort((a, b) => a - b);
  [0, ...ends].forEach((cut, index) => {
    // Memory that is written over once it has passed, as that of a pool.
    const chunk = Buffer.from(bytes.subarray(cut, ends[index] ?? bytes.length));
    meter.pass(chunk);
  });
  await meter.end(whole);
  return { size: meter.size, isKnown: meter.isKnown, isOther: meter.isOther };
}

const jpeg = await image('image/jpeg');
const jpegOf = (size: typeof LARGE) =>
  text([0xff, 0xd8, 0xff, 0xc0], be16(17), [8], be16(size.height, size.width));
const brands = (...names: string[]) => box('ftyp', names[0] ?? '', be32(0), ...names.slice(1));
const naked = await fixture('image.jxl');
const jxlBoxes = (...boxes: Buffer[]) => text('\0\0\0\x0cJXL \r\n\x87\n', brands('jxl ', 'jxl '), ...boxes);
const jxlParts = Array.from({ length: 40 }, (_, at) =>
  box('jxlp', be32(at), naked.subarray(at, at === 39 ? undefined : at + 1)),
);
const track = (size: typeof LARGE) =>
  box(
    'moov',
    box('mvhd', be32(0)),
    box('trak', box('tkhd', Buffer.alloc(76), be32(size.width * 65_536, size.height * 65_536))),
  );
const overlay = ({ width, height }: typeof LARGE) => text([0, 1], be16(0, 0, 0, 0), be32(width, height));
const heic = (...items: Parameters<typeof heif>[1]) => heif(['heic'], items);
const bigTiff = text(
  'II+\0',
  u16(8, 0),
  u32(16, 0, 3, 0),
  [
    ...text(u16(256, 16), u32(1, 0, 700, 0)),
    ...text(u16(257, 3), u32(1, 0, 500, 0)),
    ...text(u16(330, 18), u32(1, 0, 200, 0)),
  ],
  u32(0, 0),
);
const png = await pngOf(LARGE);

/** Files by what decides, all of 700 × 500. */
const FILES: Readonly<Record<string, Buffer>> = {
  'JPEG: the frame header': jpegOf(LARGE),
  'JPEG: a frame header behind other segments': await jpegBehindProfile(LARGE, 200_000),
  'JPEG: the first frame header, and no thumbnail, and no picture behind the end': text(
    [0xff, 0xd8, 0xff, 0xe1],
    be16(2 + 6 + 11),
    'Exif\0\0',
    jpegOf({ width: 9000, height: 9000 }),
    jpegOf(LARGE).subarray(2),
    Buffer.alloc(8),
    [0xff, 0xd9],
    jpegOf({ width: 9000, height: 9000 }),
  ),
  'PNG: its header': png,
  'APNG: its header, whatever a frame says': text(
    png.subarray(0, 33),
    be32(26),
    'fcTL',
    be32(0, 9000, 9000, 0, 0),
    Buffer.alloc(10),
    png.subarray(33),
  ),
  'WebP: a picture': webp(vp8(LARGE)),
  'WebP: a picture behind a profile': webp(webpCanvas(ONE, 0x20), ['ICCP', Buffer.alloc(5001)], vp8(LARGE)),
  'WebP: the canvas': webp(webpCanvas(LARGE, 2), webpFrame(ONE, 0, 0, webpChunk(...vp8(ONE)))),
  'WebP: a frame with its place': webp(
    webpCanvas(ONE, 2),
    webpFrame(ONE, 0, 0, webpChunk(...vp8(ONE))),
    webpFrame({ width: 500, height: 400 }, 200, 100, webpChunk(...vp8(ONE))),
  ),
  'WebP: a picture in a frame': webp(
    webpCanvas(ONE, 2),
    webpFrame(ONE, 0, 0, webpChunk('ALPH', Buffer.alloc(333)), webpChunk(...vp8(ONE))),
    webpFrame(ONE, 0, 0, webpChunk(...vp8(LARGE))),
    ['EXIF', Buffer.alloc(3)],
  ),
  'GIF: the screen': gif(LARGE, gifFrame(ONE)),
  'GIF: a frame with its place': gif(ONE, gifFrame(ONE), gifFrame({ width: 500, height: 400 }, 200, 100)),
  'GIF: a frame behind a table of colours, comments, and ends that are written twice': gif(
    ONE,
    text([0x2c], u16(0, 0, 1, 1), [0x81], Buffer.alloc(12, 0x2c), [2, 1, 0, 0, 0]),
    gifComment(3000),
    [0, 0] as never,
    gifFrame(LARGE),
  ),
  'GIF: a frame of a file without an end': gif(ONE, gifFrame(LARGE), gifFrame(ONE)).subarray(0, -9),
  'icon: a PNG in it': icon(iconBitmap(ONE), png, iconBitmap(ONE)),
  'icon: a bitmap in it': icon(await pngOf(ONE), iconBitmap(LARGE)),
  'HEIC: an extent': heic({ type: 'hvc1', ...ONE }, { type: 'hvc1', ...LARGE }, { type: 'hvc1', ...ONE }),
  'HEIC: a grid': heic({ type: 'hvc1', ...ONE }, { type: 'grid', ...ONE, data: grid(LARGE) }),
  'HEIC: a grid behind the boxes': heif(
    ['heic'],
    [
      { type: 'hvc1', ...ONE, data: Buffer.alloc(999) },
      { type: 'grid', ...ONE, data: grid(LARGE) },
    ],
    'mdat',
  ),
  'HEIC: an overlay': heic({ type: 'hvc1', ...ONE }, { type: 'iovl', ...ONE, data: overlay(LARGE) }),
  'HEIC: its boxes behind the data': heif(
    ['heic'],
    [{ type: 'hvc1', ...LARGE, data: Buffer.alloc(9999) }],
    'mdat first',
  ),
  'HEIC: boxes that go on to the end': heic({ type: 'hvc1', ...LARGE }).fill(0, 16, 20),
  'AVIF: an extent of one told by its items': heif(['mif1', 'mif1', 'miaf'], [{ type: 'av01', ...LARGE }]),
  'AVIF: a track': text(brands('avis', 'avif'), box('mdat', Buffer.alloc(500)), track(LARGE)),
  'BMP: its header': text('BM', u32(99, 0, 54, 40, 700, -500), u16(1, 24), u32(0)),
  'TIFF: a directory at the end': tiffAtEnd(LARGE, 5000),
  'TIFF: a directory of a chain': tiff(5000, 8, {
    8: [page(ONE), 3000],
    3000: [page(LARGE), 4000],
    4000: [page(ONE), 0],
  }),
  'TIFF: a directory that another points to': tiff(5000, 8, {
    8: [{ ...page(ONE), 330: 300 }, 0],
    300: [page(LARGE), 0],
  }),
  'TIFF: one of several that another points to': tiff(5000, 8, {
    8: [{ ...page(ONE), 330: [300, 900, 600] }, 0],
    300: [page(ONE), 0],
    600: [page(LARGE), 0],
    900: [page(ONE), 99_999],
  }),
  'TIFF: a circle of directories': tiff(5000, 8, { 8: [page(ONE), 300], 300: [page(LARGE), 8] }),
  'TIFF: BigTIFF': bigTiff,
};

/** Files that can only be measured when they can be read again. */
const BACKWARDS: Readonly<Record<string, Buffer>> = {
  'TIFF: directories that run backwards': tiffBackwards(ONE, LARGE, 5000),
  'HEIC: a grid in front of its boxes': heif(
    ['heic'],
    [
      { type: 'hvc1', ...ONE, data: Buffer.alloc(999) },
      { type: 'grid', ...ONE, data: grid(LARGE) },
    ],
    'mdat first',
  ),
};

const KNOWN = { size: LARGE, isKnown: true, isOther: false };

describe('ImageMeter', () => {
  test.each(IMAGE_TYPES)('finds the size of a real %s as it passes', async (type) => {
    const bytes = await image(type);
    for (const step of [1, 7, 64, bytes.length]) {
      const cuts = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) => index * step);
      expect(await measured(bytes, cuts)).toEqual({ ...KNOWN, size: { width: 96, height: 64 } });
    }
  });

  test.each(Object.entries(FILES))('finds in passing what decides, %s', async (_, bytes) => {
    expect(await measured(bytes)).toEqual(KNOWN);
    expect(inspectImage(bytes)).toEqual({ type: typeOfBytes(bytes), ...LARGE });
  });

  test.each(Object.entries(BACKWARDS))('finds behind the end what decides, %s', async (_, bytes) => {
    const cuts = [bytes.length - 200];
    expect(await measured(bytes, cuts, readable(bytes))).toEqual(KNOWN);
    expect(await measured(bytes, cuts, readableInChunks(bytes))).toEqual(KNOWN);
    expect(await measured(bytes, cuts)).toMatchObject({ isKnown: false });
  });

  test('comes to the same wherever the file is cut', async () => {
    const files = fc.constantFrom(...Object.values({ ...FILES, ...BACKWARDS }));
    await fc.assert(
      fc.asyncProperty(
        files,
        fc.array(fc.nat(6000), { maxLength: 40 }),
        fc.boolean(),
        async (bytes, cuts, inChunks) => {
          const whole = inChunks ? readableInChunks(bytes) : readable(bytes);
          expect(await measured(bytes, cuts, whole)).toEqual(KNOWN);
          // Without the whole file it is right, or it says that it does not know.
          const passed = await measured(bytes, cuts);
          if (passed.isKnown) expect(passed).toEqual(KNOWN);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('comes to the same when every byte passes alone', async () => {
    for (const bytes of Object.values(FILES)) {
      const few = bytes.subarray(0, 20_000);
      const cuts = Array.from(few, (_, at) => at);
      expect(await measured(few, cuts)).toEqual(await measured(few));
    }
  });

  test.each(['image/gif', 'image/webp', 'image/tiff'] as const)(
    'finds the size of a real %s of several pages',
    async (type) => {
      const size = { width: 200, height: 100 };
      const bytes = await makePages(type, size);
      expect(await measured(bytes, [100, 101, 2000])).toEqual({ ...KNOWN, size });
    },
  );

  test('does not know what nobody says', async () => {
    const pages = Object.fromEntries(
      Array.from({ length: 1100 }, (_, at) => [8 + at * 50, [page(ONE), 8 + (at + 1) * 50] as const]),
    );
    const picture = text(iconBitmap(ONE));
    const unknown = {
      'a JPEG without a frame header': text(jpeg.subarray(0, 2), [0xff, 0xd9]),
      'a JPEG of no height': jpegOf({ width: 700, height: 0 }),
      'a GIF with noise between its frames': gif(ONE, gifFrame(ONE), [1, 2, 3] as never, gifFrame(ONE)),
      'an icon of more pictures than there are': icon(...Array.from({ length: 1025 }, () => picture)),
      'a TIFF of more directories than there are': tiff(60_000, 8, pages),
      'a TIFF with a directory of 5000 fields': tiff(99_000, 8, { 8: [page(ONE), 100] }).fill(
        text(u16(5000)),
        100,
        102,
      ),
      'a TIFF without a directory': tiff(100, 200, {}),
      'a HEIC with 200 KB of boxes': heif(
        ['heic'],
        Array.from({ length: 4000 }, () => ({ type: 'hvc1', ...ONE })),
      ),
      'a HEIC whose grid is in pieces': Buffer.from(
        heic({ type: 'grid', ...ONE, data: grid(LARGE) })
          .toString('latin1')
          .replace('\0\x01\0\x01\0\0\0\x01', '\0\x01\0\x01\0\0\0\x02'),
        'latin1',
      ),
      'a HEIC without extents': text(brands('heic'), box('meta', be32(0))),
      'JPEG XL without a codestream': jxlBoxes(box('Exif', be32(0))),
    };
    for (const [name, bytes] of Object.entries(unknown)) {
      expect(await measured(bytes, [], readable(bytes)), name).toMatchObject({
        isKnown: false,
        isOther: false,
      });
    }
  });

  test('finds the size of a JPEG behind the longest colour profile that there can be', async () => {
    const bytes = await jpegBehindProfile(LARGE, 255 * 65_519);
    const cuts = Array.from({ length: 256 }, (_, at) => at * 65_536);
    expect(await measured(bytes, cuts)).toEqual(KNOWN);
  });

  test('takes the directory of an icon for true where its pictures are smaller', async () => {
    const bytes = text(u16(0, 1, 1), [200, 0, 0, 0], u16(1, 32), u32(40, 22), iconBitmap(ONE));
    expect(await measured(bytes, [7, 30])).toEqual({ ...KNOWN, size: { width: 200, height: 256 } });
  });

  test('finds the codestream of JPEG XL in any of its boxes, and in several', async () => {
    const size = { width: 96, height: 64 };
    const behind = jxlBoxes(box('Exif', Buffer.alloc(5000)), box('jxlc', naked));
    for (const bytes of [behind, jxlBoxes(...jxlParts)]) {
      for (const cuts of [[], [100, 3000, 5050], Array.from(bytes, (_, at) => at)]) {
        expect(await measured(bytes, cuts)).toEqual({ ...KNOWN, size });
      }
    }
  });

  test('tells a camera raw from a TIFF by its directories, wherever they are', async () => {
    const raws = [
      tiff(5000, 8, { 8: [{ ...page(ONE), 50706: 0x0401 }, 0] }),
      tiff(5000, 4000, { 4000: [{ ...page(ONE), 50706: 0x0401 }, 0] }),
      tiff(5000, 8, { 8: [{ ...page(ONE), 330: 300 }, 0], 300: [{ ...page(LARGE), 262: 32_803 }, 0] }),
      tiff(5000, 8, { 8: [{ ...page(ONE), 330: 300 }, 0], 300: [{ ...page(LARGE), 262: 34_892 }, 0] }),
    ];
    for (const bytes of raws) {
      expect(await measured(bytes, [100, 4002])).toMatchObject({ isOther: true });
      expect(inspectImage(bytes)).toBeUndefined();
    }
    expect(typeOfBytes(tiff(100, 16, {}).fill('CR\x02\0', 8, 12, 'latin1'))).toBeUndefined();
  });
});

describe('ImageMeter on hostile files', () => {
  const filled = (start: Buffer, unit: Buffer): Buffer => Buffer.concat([start, Buffer.alloc(2 ** 20, unit)]);
  const circle = Object.fromEntries(
    Array.from({ length: 1000 }, (_, at) => {
      const next = 8 + ((at * 7919) % 1000) * 1000;
      return [8 + at * 1000, [{ ...page(ONE), 330: [next, next + 1, next + 2] }, next] as const];
    }),
  );

  test.each([
    ['GIF of empty comments', filled(gif(ONE).subarray(0, -1), text([0x21, 0xfe, 0]))],
    ['GIF of blocks of one byte', filled(gif(ONE).subarray(0, -1), text([0x21, 0xfe, 1, 7]))],
    ['GIF of zeros', filled(gif(ONE, gifFrame(ONE)).subarray(0, -1), Buffer.alloc(1))],
    ['GIF of empty frames', filled(gif(ONE).subarray(0, -1), gifFrame(ONE))],
    ['WebP of empty chunks', filled(webp(webpCanvas(ONE, 2)), text('ALPH', u32(0)))],
    ['WebP of empty frames', filled(webp(webpCanvas(ONE, 2)), webpChunk(...webpFrame(ONE, 0, 0)))],
    ['HEIC of empty boxes', filled(brands('heic'), box('free'))],
    ['HEIC of films in films', filled(brands('heic'), text(be32(2 ** 20), 'moov'))],
    [
      'HEIC of grids',
      heif(
        ['heic'],
        Array.from({ length: 2000 }, () => ({ type: 'grid', ...ONE, data: grid(ONE) })),
        'mdat',
      ),
    ],
    ['JPEG XL of parts without bytes', filled(jxlBoxes(), box('jxlp', be32(1)))],
    [
      'icon of pictures all over the file',
      filled(icon(...Array.from({ length: 1024 }, () => iconBitmap(ONE))), Buffer.alloc(1)),
    ],
    ['TIFF of directories in circles', tiff(2 ** 20, 8, circle)],
    ['TIFF of lists of lists', filled(text('II*\0', u32(8), u16(4096)), text(u16(330, 4), u32(1000, 8)))],
  ])('is done with 1 MiB of %s at once', async (_, bytes) => {
    const cuts = Array.from({ length: 256 }, (_cut, at) => at * 4096);
    const measure = async (): Promise<void> => {
      const { size } = await measured(bytes, cuts, readable(bytes));
      expect(size?.width ?? 1).toBeLessThan(65_536 * 2);
    };
    expect(await effort(measure)).toBeLessThan(5);
  });

  test('neither throws nor waits, whatever is changed, cut off or passed in pieces', async () => {
    const files = [
      ...Object.values(FILES),
      ...Object.values(BACKWARDS),
      ...(await Promise.all(IMAGE_TYPES.map(image))),
    ];
    const change = fc.tuple(fc.nat(600), fc.constantFrom(0, 1, 2, 7, 8, 127, 128, 254, 255));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(change, { maxLength: 12 }),
        fc.nat(6000),
        fc.array(fc.nat(6000), { maxLength: 8 }),
        async (file, changes, end, cuts) => {
          const bytes = Buffer.from(file.subarray(0, end));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          if (!typeOfBytes(bytes)) return;
          const passed = await measured(bytes, cuts, readableInChunks(bytes));
          expect(passed).toEqual(await measured(bytes, [], readable(bytes)));
        },
      ),
      { numRuns: inject('soak') ? 3000 : 1000 },
    );
  });
});
