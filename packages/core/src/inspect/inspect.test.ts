import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effort } from '../../../../test/src/support/effort.ts';
import { fixture, image, imageOfSize, makeImage, turned } from '../../../../test/src/support/images.ts';
import { be32, box, page, text, tiff, u16, u32 } from '../../../../test/src/support/pixel-files.ts';
import { canonicalImageType, extensionOf, IMAGE_TYPES, inspectImage } from './inspect.ts';
import { type SeekableFile, SizeInspector } from './size-inspector.ts';

const inMemory = (bytes: Uint8Array): SeekableFile => ({
  length: bytes.length,
  body: (from = 0) => bytes.subarray(from),
});
const extent = (width: number, height: number): Buffer => box('ispe', be32(0, width, height));
const brands = (...names: string[]): Buffer => box('ftyp', text(names[0] ?? '', u32(0), ...names.slice(1)));

describe('inspectImage', () => {
  test.each(IMAGE_TYPES)('tells type and size of a real %s', async (type) => {
    expect(inspectImage(await image(type))).toMatchObject({ type, width: 96, height: 64 });
  });

  test.each(IMAGE_TYPES)('tells %s by its first 64 bytes, wherever they lie in memory', async (type) => {
    const head = (await image(type)).subarray(0, 64);
    const found = inspectImage(head);
    expect(found?.type).toBe(type);
    expect(inspectImage(new Uint8Array(head))).toEqual(found);
    expect(
      inspectImage(Buffer.concat([Buffer.alloc(7, 1), head, Buffer.alloc(9, 1)]).subarray(7, 71)),
    ).toEqual(found);
  });

  test('tells JPEG XL in a container, also by a part of it', async () => {
    const file = await fixture('container.jxl');
    const jxl = { type: 'image/jxl', width: 96, height: 64 };
    expect(inspectImage(file)).toEqual(jxl);
    expect(inspectImage(file.subarray(0, -20))).toEqual(jxl);
  });

  test('leaves the size out when it lies behind the head', async () => {
    expect(inspectImage((await image('image/tiff')).subarray(0, 12))).toEqual({ type: 'image/tiff' });
    expect(inspectImage((await image('image/png')).subarray(0, 20))).toEqual({ type: 'image/png' });
    expect(inspectImage((await image('image/jpeg')).subarray(0, 20))).toEqual({ type: 'image/jpeg' });
    expect(inspectImage((await image('image/webp')).subarray(0, 25))).toEqual({ type: 'image/webp' });
    expect(inspectImage((await image('image/heic')).subarray(0, 64))).toEqual({ type: 'image/heic' });
  });

  test.each([1, 2, 5000])('passes over %i fill bytes in front of any marker of a JPEG', async (count) => {
    // ITU-T T.81, B.1.1.2; the first marker is told by its two bytes.
    const jpeg = await image('image/jpeg');
    const fill = Buffer.alloc(count, 0xff);
    const parts = [jpeg.subarray(0, 2)];
    let at = 2;
    for (; jpeg[at + 1] !== 0xda; at += 2 + jpeg.readUInt16BE(at + 2)) {
      parts.push(fill, jpeg.subarray(at, at + 2 + jpeg.readUInt16BE(at + 2)));
    }
    const filled = Buffer.concat([...parts, fill, jpeg.subarray(at)]);
    expect(inspectImage(filled)).toEqual({ type: 'image/jpeg', width: 96, height: 64 });
    const meter = new SizeInspector('image/jpeg');
    for (let start = 0; start < filled.length; start += 13) meter.pass(filled.subarray(start, start + 13));
    await meter.end();
    expect(meter.size).toEqual({ width: 96, height: 64 });
  });

  test('finds the size in front of a large filling', async () => {
    const head = (await imageOfSize('image/jpeg', 200_000)).subarray(0, 4096);
    expect(inspectImage(head)).toEqual({ type: 'image/jpeg', width: 8, height: 8 });
  });

  test('gives the size of a rotated JPEG as stored', async () => {
    const jpeg = await makeImage('image/jpeg', { width: 30, height: 20 });
    const exif = text('Exif\0\0', 'II*\0', u32(8), u16(1, 0x0112, 3), u32(1), u16(6, 0), u32(0));
    const rotated = text(
      [...jpeg.subarray(0, 2)],
      [0xff, 0xe1],
      u16(exif.length + 2).reverse(),
      [...exif],
      [...jpeg.subarray(2)],
    );
    expect(inspectImage(rotated)).toEqual({ type: 'image/jpeg', width: 30, height: 20, orientation: 6 });
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8] as const)(
    'tells the EXIF orientation %i beside it',
    async (orientation) => {
      for (const type of ['jpeg', 'tiff'] as const) {
        const file = await turned(type, { width: 30, height: 20 }, orientation);
        expect(inspectImage(file)).toMatchObject({ width: 30, height: 20, orientation });
        const meter = new SizeInspector(`image/${type}`);
        for (let start = 0; start < file.length; start += 13) meter.pass(file.subarray(start, start + 13));
        await meter.end(inMemory(file));
        expect(meter).toMatchObject({ size: { width: 30, height: 20 }, orientation, isKnown: true });
      }
    },
  );

  test.each([
    ['is none', text('Exif\0\0', 'II*\0', u32(8), u16(1, 0x0112, 3), u32(1), u16(9, 0), u32(0))],
    ['is 0', text('Exif\0\0', 'II*\0', u32(8), u16(1, 0x0112, 3), u32(1), u16(0, 0), u32(0))],
    ['lies behind the segment', text('Exif\0\0', 'II*\0', u32(0xffff_fff0), u16(1, 0x0112, 3))],
    ['is cut off', text('Exif\0\0', 'II*\0', u32(8), u16(99, 0x0112, 3), u32(1))],
    ['is text', text('Exif\0\0', 'II*\0', u32(8), u16(1, 0x0112, 2), u32(1), u16(6, 0), u32(0))],
    ['is a list', text('Exif\0\0', 'II*\0', u32(8), u16(1, 0x0112, 3), u32(0), u16(6, 0), u32(0))],
    ['is of other data', text('http://ns.adobe.com/xap/1.0/')],
    ['is in other data', text('Exit\0\0', 'II*\0', u32(8), u16(1, 0x0112, 3), u32(1), u16(6, 0), u32(0))],
    ['is behind the fields', text('Exif\0\0', 'II*\0', u32(8), u16(0, 0x0112, 3), u32(1), u16(6, 0))],
    [
      'is far behind',
      text('Exif\0\0', 'II*\0', u32(8), u16(401), [...Buffer.alloc(4800)], u16(0x0112, 3), u32(1), u16(6, 0)),
    ],
    ['has no header', text('Exif')],
  ])('leaves an orientation out that %s', async (_, exif) => {
    const jpeg = await makeImage('image/jpeg', { width: 30, height: 20 });
    const segment = text([0xff, 0xe1], u16(exif.length + 2).reverse(), [...exif]);
    const file = Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
    expect(inspectImage(file)).toEqual({ type: 'image/jpeg', width: 30, height: 20 });
  });

  test('leaves the orientation of a second page of a TIFF out', () => {
    const [first, second] = [page({ width: 30, height: 20 }), page({ width: 3, height: 2 })];
    const file = tiff(200, 8, { 8: [first, 100], 100: [{ ...second, 274: 6 }, 0] });
    expect(inspectImage(file)).toEqual({ type: 'image/tiff', width: 30, height: 20 });
  });

  test('gives the size of a clipped HEIC as stored', async () => {
    const file = await fixture('clipped.heic');
    expect(inspectImage(file)).toEqual({ type: 'image/heic', width: 64, height: 64 });
  });

  test.each([0xc0, 0xc1, 0xc2, 0xc3, 0xc9, 0xcf])(
    'reads the JPEG frame header %i behind fill bytes',
    (marker) => {
      const jpeg = text([0xff, 0xd8, 0xff, 0xc4, 0, 3, 9, 0xff, 0xff, marker, 0, 11, 8, 1, 2, 3, 4]);
      expect(inspectImage(jpeg)).toEqual({ type: 'image/jpeg', width: 0x304, height: 0x102 });
    },
  );

  test.each([
    ['VP8L', text('VP8L', u32(10), [0x2f], u32(99 | (49 << 14)))],
    ['VP8X', text('VP8X', u32(10), u32(0), [99, 0, 0, 49, 0, 0])],
    ['VP8 ', text('VP8 ', u32(10), [0, 0, 0, 0x9d, 1, 0x2a], u16(100, 50 | 0x4000))],
  ])('reads the %s chunk of WebP', (_, chunk) => {
    const file = text('RIFF', u32(4 + chunk.length), 'WEBP', [...chunk]);
    expect(inspectImage(file)).toEqual({ type: 'image/webp', width: 100, height: 50 });
  });

  test.each([
    ['in steps of eight', [9, 22], { width: 96, height: 40 }],
    ['with a ratio', [186, 33, 5], { width: 1920, height: 1080 }],
    ['with 30 bits', [254, 158, 36, 0, 64, 2], { width: 10, height: 300_000 }],
  ])('reads the size header of JPEG XL %s', (_, header, size) => {
    expect(inspectImage(text([0xff, 0x0a, ...header]))).toEqual({ type: 'image/jxl', ...size });
  });

  test.each([
    ['of the oldest kind', text('BM', u32(99, 0, 26, 12), u16(100, 50, 1, 24), u32(0))],
    ['that runs downwards', text('BM', u32(99, 0, 54, 40, 100, -50), u16(1, 24), u32(0))],
  ])('reads a BMP %s', (_, file) => {
    expect(inspectImage(file)).toEqual({ type: 'image/bmp', width: 100, height: 50 });
  });

  test('reads BigTIFF, in both byte orders', () => {
    const field = (tag: number, value: number) => text(u16(tag, 16), u32(1, 0, value, 0));
    const file = text('II+\0', u16(8, 0), u32(16, 0, 2, 0), [...field(256, 100)], [...field(257, 50)]);
    expect(inspectImage(file)).toEqual({ type: 'image/tiff', width: 100, height: 50 });
    const turned = text('MM', [0, 43, 0, 8, 0, 0], u32(0, 16).reverse());
    expect(inspectImage(turned)).toEqual({ type: 'image/tiff' });
  });

  test('ends with the first directory of a TIFF', () => {
    const entry = (tag: number, value: number) => text(u16(tag, 3), u32(1), u16(value, 0));
    const file = text('II*\0', u32(8), u16(1), [...entry(256, 100)], u32(60), [...entry(257, 50)]);
    expect(inspectImage(file)).toEqual({ type: 'image/tiff' });
  });

  test.each([
    [['avif', 'mif1'], 'image/avif'],
    [['avis', 'msf1'], 'image/avif'],
    [['mif1', 'miaf', 'avif'], 'image/avif'],
    [['mif1', 'heic'], 'image/heic'],
    [['msf1', 'hevc'], 'image/heic'],
    [['heix'], 'image/heic'],
    [['mif1', 'miaf'], undefined],
    [['isom', 'avif'], undefined],
    [['qt  '], undefined],
  ])('takes the brands %j as %s', (names, type) => {
    expect(inspectImage(brands(...names))?.type).toBe(type);
  });

  test('gives the whole of a HEIF made of tiles', () => {
    const properties = box('iprp', box('ipco', extent(512, 512), extent(4032, 3024), extent(320, 240)));
    const file = Buffer.concat([brands('heic'), box('meta', text(u32(0), [...properties]))]);
    expect(inspectImage(file)).toEqual({ type: 'image/heic', width: 4032, height: 3024 });
    expect(inspectImage(file.subarray(0, -40))).toEqual({ type: 'image/heic' });
  });

  test.each([
    '',
    'B',
    'BM is how this text begins, and it goes on for a while',
    'BMW 320d; 2019; 45000 km\nBMW 118i; 2020; 12000 km\n',
    'II*\0',
    'II* is noise, and so is what comes behind it',
    'II*\0\x01\0\0\0 an offset inside the header',
    'MM\0+\0\x04\0\0 offsets of four bytes',
    'GIF89a is an old format; this is a text about it that goes on',
    'RIFF\x24\0\0\0WAVEfmt ',
    'RIFF\x24\0\0\0WEBPtext',
    '\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0',
    '\0\0\x01\xba\x44\0\x04\0\x04\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0',
    '\xff\xd8',
    '\x89PNG\n\x1a\n',
    '%PDF-1.7\n',
    'PK\x03\x04',
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    '<?xml version="1.0"?><svg/>',
  ])('takes %j for no image', (file) => {
    expect(inspectImage(text(file))).toBeUndefined();
  });
});

describe('inspectImage on hostile heads', () => {
  const expectSound = (head: Uint8Array): void => {
    const { type, width = 1, height = 1 } = inspectImage(head) ?? { type: 'image/png' };
    expect(IMAGE_TYPES).toContain(type);
    expect(Number.isSafeInteger(width) && width > 0 && Number.isSafeInteger(height) && height > 0).toBe(true);
  };

  test('neither throws nor invents a size, whatever is changed or cut off', async () => {
    const files = await Promise.all([...IMAGE_TYPES.map(image), fixture('container.jxl')]);
    const change = fc.tuple(fc.nat(600), fc.constantFrom(0, 1, 2, 7, 8, 127, 128, 254, 255));
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(change, { maxLength: 12 }),
        fc.nat(3000),
        (file, changes, end) => {
          const head = Buffer.from(file.subarray(0, end));
          for (const [at, value] of changes) if (at < head.length) head[at] = value;
          expectSound(head);
        },
      ),
      { numRuns: 5000 },
    );
  });

  const filled = (start: Buffer, unit: Buffer): Buffer => Buffer.concat([start, Buffer.alloc(2 ** 20, unit)]);
  const open = (type: string, size = 2 ** 20): Buffer => text(u32(size).reverse(), type);
  // Zero as a size means up to the end.
  const meta = Buffer.concat([
    brands('avif'),
    open('meta', 0),
    text(u32(0)),
    open('iprp', 0),
    open('ipco', 0),
  ]);

  test.each([
    ['JPEG without markers', filled(text([0xff, 0xd8, 0xff, 0xe0, 0, 2]), Buffer.alloc(1))],
    ['JPEG of fill bytes', filled(text([0xff, 0xd8, 0xff]), Buffer.alloc(1, 0xff))],
    ['JPEG of empty segments', filled(text([0xff, 0xd8]), text([0xff, 0xfe, 0, 2]))],
    ['AVIF of many extents', filled(meta, extent(1, 1))],
    ['AVIF of empty boxes', filled(meta, box('free'))],
    ['AVIF of endless brands', filled(open('ftyp'), Buffer.from('mif1'))],
    ['JPEG XL of many boxes', filled(text('\0\0\0\x0cJXL \r\n\x87\n'), box('free'))],
    [
      'icon of 65535 pictures',
      filled(text(u16(0, 1, 65_535)), text([1, 1, 0, 0], u16(1, 32), u32(1, 2 ** 21))),
    ],
    ['TIFF of 65535 fields', filled(text('II*\0', u32(8), u16(65_535)), text(u16(300, 3), u32(1, 1)))],
    [
      'BigTIFF of endless fields',
      filled(text('II+\0', u16(8, 0), u32(16, 0, 0, 0x7fffffff)), text(u16(300, 3), u32(1, 1, 1, 1))),
    ],
  ])('is done with 1 MiB of %s at once', async (_, head) => {
    expect(await effort(() => expectSound(head))).toBeLessThan(5);
  });
});

describe('canonicalImageType', () => {
  test.each([
    ['image/jpg', 'image/jpeg'],
    ['image/pjpeg', 'image/jpeg'],
    ['IMAGE/PNG; charset=binary', 'image/png'],
    ['image/x-png', 'image/png'],
    ['image/apng', 'image/png'],
    ['image/x-icon', 'image/vnd.microsoft.icon'],
    ['image/heif', 'image/heic'],
    ['image/heic-sequence', 'image/heic'],
    ['image/x-ms-bmp', 'image/bmp'],
    ['image/tif', 'image/tiff'],
  ])('knows %s as %s', (claim, type) => {
    expect(canonicalImageType(claim)).toBe(type);
  });

  test.each(IMAGE_TYPES)('knows %s by its own name', (type) => {
    expect(canonicalImageType(type)).toBe(type);
  });

  test.each(['', 'image/svg+xml', 'image/*', 'application/octet-stream', 'constructor'])(
    'does not know "%s"',
    (claim) => {
      expect(canonicalImageType(claim)).toBeUndefined();
    },
  );
});

test('each type has an extension of its own', () => {
  expect(new Set(IMAGE_TYPES.map(extensionOf)).size).toBe(IMAGE_TYPES.length);
  expect(extensionOf('image/jpeg')).toBe('jpg');
});
