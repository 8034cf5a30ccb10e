import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { effort } from '../../../test/src/support/effort.ts';
import { countGifFrames } from './gif-frames.ts';
import { type Emulator, startEmulator } from './index.ts';
import { makePng, upload } from './testing/client.ts';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const picture = () => sharp({ create: { width: 64, height: 48, channels: 3, background: '#369' } });

/** What sharp cannot write is made by hand, as far as a header goes. */
function makeIco(): Buffer {
  return Buffer.from([0, 0, 1, 0, 1, 0, 64, 48, 0, 0, 1, 0, 32, 0, 40, 0, 0, 0, 22, 0, 0, 0]);
}

function makeBmp(): Buffer {
  const bmp = Buffer.alloc(54);
  bmp.write('BM');
  bmp.writeUInt32LE(40, 14);
  bmp.writeInt32LE(64, 18);
  bmp.writeInt32LE(48, 22);
  bmp.writeUInt16LE(1, 26);
  return bmp;
}

/** A GIF of one colour whose frames have no pixels worth mentioning. */
function makeGif(width: number, height: number, frames: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt16LE(width, 0);
  size.writeUInt16LE(height, 2);
  const header = Buffer.concat([
    Buffer.from('GIF89a'),
    size,
    Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255]),
  ]);
  const control = Buffer.from([0x21, 0xf9, 4, 0, 0, 0, 0, 0]);
  const frame = Buffer.concat([
    control,
    Buffer.from([0x2c, 0, 0, 0, 0]),
    size,
    Buffer.from([0, 2, 2, 0x4c, 1, 0]),
  ]);
  return Buffer.concat([header, ...Array.from({ length: frames }, () => frame), Buffer.from([0x3b])]);
}

function withPngSize(width: number, height: number): Buffer {
  const png = makePng();
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  return png;
}

describe('type and size are read from the bytes', () => {
  it.each<[string, () => Buffer | Promise<Buffer>, string, boolean]>([
    ['JPEG', () => picture().jpeg().toBuffer(), 'image/jpeg', true],
    ['PNG', () => picture().png().toBuffer(), 'image/png', true],
    ['WebP', () => picture().webp().toBuffer(), 'image/webp', true],
    ['AVIF', () => picture().avif().toBuffer(), 'image/avif', true],
    ['GIF', () => picture().gif().toBuffer(), 'image/gif', true],
    ['TIFF', () => picture().tiff().toBuffer(), 'image/tiff', false],
    [
      'TIFF in pixels above a megabyte',
      () =>
        picture()
          .resize(64 * 20, 48 * 20)
          .tiff({ compression: 'none' })
          .toBuffer(),
      'image/tiff',
      false,
    ],
    ['BMP', makeBmp, 'image/bmp', false],
    ['ICO', makeIco, 'image/vnd.microsoft.icon', false],
    [
      'HEIC',
      async () =>
        Buffer.from(
          (await picture().avif().toBuffer()).toString('latin1').replace('ftypavif', 'ftypheic'),
          'latin1',
        ),
      'image/heic',
      false,
    ],
    [
      'JPEG with 200 KB in front',
      async () => withJpegPadding(await picture().jpeg().toBuffer()),
      'image/jpeg',
      true,
    ],
    // ITU-T T.81, B.1.1.2: any marker may have fill bytes in front.
    ['JPEG with a fill byte after its first marker', async () => withJpegFill(1), 'image/jpeg', true],
    ['JPEG with 70 KB of them', async () => withJpegFill(70_000), 'image/jpeg', true],
  ])('of a %s', async (name, make, mime_type, is_directly_deliverable) => {
    const image = await upload(emulator, await make(), { file_name: 'unknown.bin' });
    const [width, height] = name.includes('megabyte') ? [1280, 960] : [64, 48];
    expect(image).toMatchObject({ status: 'READY', mime_type, is_directly_deliverable, width, height });
  });

  it('of a JPEG XL', async () => {
    // Naked codestream: small size, 8 pixels high, as wide as high (ISO 18181-1, size header).
    const image = await upload(emulator, Buffer.from([0xff, 0x0a, 0x41, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    expect(image).toMatchObject({ status: 'READY', mime_type: 'image/jxl', width: 8, height: 8 });
  });

  it('whatever was declared', async () => {
    const image = await upload(emulator, makePng(), { file_name: 'a.gif' });
    expect(image).toMatchObject({ mime_type: 'image/png', original_filename: 'a.gif' });
  });
});

async function withJpegFill(bytes: number): Promise<Buffer> {
  const jpeg = await picture().jpeg().toBuffer();
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(bytes, 0xff), jpeg.subarray(2)]);
}

function withJpegPadding(jpeg: Buffer): Buffer {
  const segment = Buffer.concat([Buffer.from([0xff, 0xef, 0xff, 0xff]), Buffer.alloc(65_533, 1)]);
  return Buffer.concat([jpeg.subarray(0, 2), segment, segment, segment, jpeg.subarray(2)]);
}

it('the frames of a GIF are counted in no time, however many blocks it has', async () => {
  const gif = Buffer.concat([
    makeGif(9, 9, 3).subarray(0, -1),
    Buffer.alloc(12_000_000, Buffer.from([0x21, 0xf9, 0])),
    makeGif(9, 9, 2).subarray(19),
  ]);
  const read = async (start: number, length: number) => gif.subarray(start, start + length);
  expect(await countGifFrames(read)).toBe(5);
  expect(await effort(() => countGifFrames(read))).toBeLessThan(2.5);
});

it('EXIF is left out whose values take more bytes than there are, and long lists', async () => {
  const tiff = await picture().tiff({ compression: 'none' }).toBuffer();
  const [fields, count] = [tiff.readUInt32LE(4) + 2, tiff.readUInt16LE(tiff.readUInt32LE(4))];
  expect((await upload(emulator, tiff)).exif_data).toMatchObject({ ImageWidth: 64 });
  const overlapping = Buffer.from(tiff);
  for (let at = fields; at < fields + 12 * count; at += 12) {
    if (overlapping.readUInt16LE(at) > 257) overlapping.set([1, 0, 0, 0, 0, 1, 0, 0, 0, 0], at + 2);
  }
  expect(await upload(emulator, overlapping)).toMatchObject({ status: 'READY', width: 64, exif_data: {} });
  const long = await picture()
    .withExif({ IFD0: { Copyright: 'c'.repeat(1001), Artist: 'A. Nyone' } })
    .jpeg()
    .toBuffer();
  const { exif_data } = await upload(emulator, long);
  expect(exif_data).toMatchObject({ Artist: 'A. Nyone' });
  expect(exif_data).not.toHaveProperty('Copyright');
});

it.each(['jpeg', 'png', 'webp'] as const)('EXIF is read from a %s', async (format) => {
  const bytes = await picture()
    .withExif({ IFD0: { Copyright: 'A. Nyone' } })
    .toFormat(format)
    .toBuffer();
  expect((await upload(emulator, bytes)).exif_data).toMatchObject({ Copyright: 'A. Nyone' });
});

it('a TIFF is its own EXIF', async () => {
  const image = await upload(emulator, await picture().tiff().toBuffer());
  expect(image.exif_data).toMatchObject({ ImageWidth: 64, SamplesPerPixel: 3 });
});

describe('what goes to quarantine', () => {
  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.alloc(1)],
    ['text', Buffer.from('hello')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')],
    ['PDF', Buffer.from('%PDF-1.7\n')],
    ['a PNG cut in its header', makePng().subarray(0, 20)],
    ['more than 250 megapixels', withPngSize(20_000, 12_501)],
    ['a GIF whose frames have that many together', makeGif(5000, 5000, 11)],
    ['no pixels', withPngSize(0, 5)],
  ])('%s', async (_name, bytes) => {
    const image = await upload(emulator, bytes);
    expect(image).toMatchObject({ status: 'QUARANTINE', can_upload: false, size_bytes: bytes.length });
    expect(image.processed_metadata_at).not.toBeNull();
    await expect(emulator.waitUntilReady(image.id)).rejects.toThrow('is in QUARANTINE');
  });

  it('not 250 megapixels sharp, in one frame or many', async () => {
    expect((await upload(emulator, withPngSize(20_000, 12_500))).status).toBe('READY');
    expect((await upload(emulator, makeGif(5000, 5000, 10))).status).toBe('READY');
  });
});
