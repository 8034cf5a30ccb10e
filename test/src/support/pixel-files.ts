import { image, makeImage } from './images.ts';

/** Handmade files whose first bytes do not have the dimensions of the image that a decoder would read. */

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Bytes of strings (one byte per character), numbers and buffers. */
export const text = (...parts: (string | readonly number[] | Uint8Array)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  );
/** Little-endian. */
export const u16 = (...values: number[]): number[] => values.flatMap((value) => [value & 255, value >> 8]);
/** Little-endian. */
export const u32 = (...values: number[]): number[] =>
  values.flatMap((value) => u16(value & 0xffff, value >>> 16));
/** Big-endian. */
export const be16 = (...values: number[]): number[] => values.flatMap((value) => u16(value).reverse());
/** Big-endian. */
export const be32 = (...values: number[]): number[] => values.flatMap((value) => u32(value).reverse());

/** A comment of the given length in bytes, in sub-blocks of 255 (GIF89a, 24). */
export function gifComment(bytes: number): Buffer {
  const block = text([255], Buffer.alloc(255, 'c'));
  return text([0x21, 0xfe], Buffer.alloc(256 * Math.ceil(bytes / 256), block), [0]);
}

/** A frame with one byte of data; decoders trust its size (GIF89a, 20). */
export const gifFrame = ({ width, height }: Size, left = 0, top = 0): Buffer =>
  text([0x2c], u16(left, top, width, height), [0, 2, 1, 0, 0]);

/** A GIF with the given logical screen and blocks. */
export const gif = (screen: Size, ...blocks: Uint8Array[]): Buffer =>
  text('GIF89a', u16(screen.width, screen.height), [0, 0, 0], ...blocks, [0x3b]);

/** A real JPEG with other dimensions in its header, after a colour profile of the given length and before padding. */
export async function jpegBehindProfile(
  { width, height }: Size,
  profile: number,
  filling = 0,
): Promise<Buffer> {
  const jpeg = Buffer.from(await makeImage('image/jpeg', { width: 8, height: 8 }));
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg.writeUInt16BE(height, frame + 5);
  jpeg.writeUInt16BE(width, frame + 7);
  const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  const count = Math.ceil(profile / 65_519);
  const parts = Array.from({ length: count }, (_, at) => {
    const part = Buffer.alloc(Math.min(65_519, profile - at * 65_519), at);
    return text([0xff, 0xe2], be16(part.length + 16), 'ICC_PROFILE\0', [at + 1, count], part);
  });
  const comments = Array.from({ length: Math.ceil(filling / 65_000) }, () =>
    text([0xff, 0xfe], be16(65_002), Buffer.alloc(65_000, 'c')),
  );
  return text(jpeg.subarray(0, 2), ...parts, jpeg.subarray(2, scan), ...comments, jpeg.subarray(scan));
}

/** A directory of a TIFF: values by tag; an array of values is stored after the directory. */
export type Directory = Readonly<Record<number, number | readonly number[]>>;

/** A directory with only the dimensions. */
export const page = ({ width, height }: Size): Directory => ({ 256: width, 257: height, 262: 1 });

/** A TIFF with directories at the given offsets: `{ [offset]: directory }`, each with the offset of the next one. */
export function tiff(
  length: number,
  first: number,
  directories: Readonly<Record<number, readonly [Directory, next: number]>>,
): Buffer {
  const file = Buffer.alloc(length, 7);
  file.set(text('II*\0', u32(first)));
  for (const [offset, [fields, next]] of Object.entries(directories)) {
    const entries = Object.entries(fields);
    let behind = Number(offset) + 2 + 12 * entries.length + 4;
    const lists: Buffer[] = [];
    const coded = entries.map(([tag, value]) => {
      if (typeof value === 'number') return text(u16(Number(tag), 4), u32(1, value));
      if (value.length === 1) return text(u16(Number(tag), 4), u32(1, ...value));
      const at = behind;
      lists.push(text(u32(...value)));
      behind += 4 * value.length;
      return text(u16(Number(tag), 4), u32(value.length, at));
    });
    file.set(text(u16(entries.length), ...coded, u32(next), ...lists), Number(offset));
  }
  return file;
}

/** A TIFF of the given length with one directory, at its end, where most writers put it. */
export const tiffAtEnd = (size: Size, length: number): Buffer =>
  tiff(length, length - 100, { [length - 100]: [page(size), 0] });

/** A TIFF whose second directory precedes its first. */
export const tiffBackwards = (first: Size, second: Size, length: number): Buffer =>
  tiff(length, length - 100, { [length - 100]: [page(first), 8], 8: [page(second), 0] });

/** A box of an ISO base media file. */
export const box = (type: string, ...contents: (string | readonly number[] | Uint8Array)[]): Buffer => {
  const body = text(...contents);
  return text(be32(body.length + 8), type, body);
};

/** An image item of a HEIF: its type, its extent, and the data of a derived one. */
export interface HeifItem extends Size {
  readonly type: string;
  readonly data?: Buffer;
}

/** The data of a grid or an overlay with its dimensions (ISO/IEC 23008-12, 6.6.2). */
export const grid = ({ width, height }: Size): Buffer => text([0, 0, 0, 0], be16(width, height));

/** A HEIF with these items; derived ones have their data in `idat`, or in `mdat` after or before all other boxes. */
export function heif(
  brands: readonly string[],
  items: readonly HeifItem[],
  where: 'idat' | 'mdat' | 'mdat first' = 'idat',
): Buffer {
  const ftyp = box('ftyp', brands[0] ?? '', be32(0), ...brands.slice(1));
  const data = text(...items.map((item) => item.data ?? []));
  const meta = (base: number): Buffer => {
    let at = base;
    const places = items.map(({ data: own }, index) => {
      const place = at;
      at += own?.length ?? 0;
      return text(be16(index + 1, where === 'idat' ? 1 : 0, 0, 1), be32(place, own?.length ?? 0));
    });
    return box(
      'meta',
      be32(0),
      box('hdlr', be32(0, 0), 'pict', be32(0, 0, 0), [0]),
      box('iloc', [1, 0, 0, 0, 0x44, 0], be16(items.length), ...places),
      box(
        'iinf',
        be32(0),
        be16(items.length),
        ...items.map(({ type }, index) => box('infe', [2, 0, 0, 0], be16(index + 1, 0), type, [0])),
      ),
      box('iprp', box('ipco', ...items.map(({ width, height }) => box('ispe', be32(0, width, height))))),
      ...(where === 'idat' ? [box('idat', data)] : []),
    );
  };
  if (where === 'idat') return text(ftyp, meta(0));
  if (where === 'mdat first') return text(ftyp, box('mdat', data), meta(ftyp.length + 8));
  const behind = ftyp.length + meta(0).length + 8;
  return text(ftyp, meta(behind), box('mdat', data));
}

/** An icon whose directory declares 16 × 16 for each of its pictures. */
export function icon(...pictures: readonly Buffer[]): Buffer {
  let at = 6 + 16 * pictures.length;
  const entries = pictures.map((picture) => {
    const entry = text([16, 16, 0, 0], u16(1, 32), u32(picture.length, at));
    at += picture.length;
    return entry;
  });
  return text(u16(0, 1, pictures.length), ...entries, ...pictures);
}

/** The header of a bitmap in an icon: no file header, and twice the height, for the mask. */
export const iconBitmap = ({ width, height }: Size): Buffer =>
  text(u32(40, width, 2 * height), u16(1, 32), Buffer.alloc(24));

/** The start of a PNG of these dimensions. */
export async function pngOf({ width, height }: Size): Promise<Buffer> {
  const png = Buffer.from(await image('image/png'));
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  return png;
}

/** A WebP with these chunks. */
export function webp(
  ...chunks: readonly (readonly [type: string, ...contents: (readonly number[] | Uint8Array)[]])[]
): Buffer {
  const body = text(...chunks.map((chunk) => webpChunk(...chunk)));
  return text('RIFF', u32(body.length + 4), 'WEBP', body);
}

/** A chunk of a WebP, padded to an even length. */
export function webpChunk(type: string, ...contents: (readonly number[] | Uint8Array)[]): Buffer {
  const body = text(...contents);
  return text(type, u32(body.length), body, Buffer.alloc(body.length % 2));
}

const u24 = (...values: number[]): number[] => values.flatMap((value) => u32(value).slice(0, 3));

/** The canvas of an extended WebP. */
export const webpCanvas = ({ width, height }: Size, flags: number) =>
  ['VP8X', [flags, 0, 0, 0], u24(width - 1, height - 1)] as const;

/** A frame of an animated WebP, with its content. */
export const webpFrame = ({ width, height }: Size, x: number, y: number, ...inside: Uint8Array[]) =>
  ['ANMF', u24(x / 2, y / 2, width - 1, height - 1, 0), [0], ...inside] as const;

/** The start of a lossy picture. */
export const vp8 = ({ width, height }: Size) =>
  ['VP8 ', [0, 0, 0, 0x9d, 1, 0x2a], u16(width, height)] as const;
