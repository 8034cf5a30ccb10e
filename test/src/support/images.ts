import { createCipheriv } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { ImageType } from '@imgwire/core';
import sharp, { type Sharp } from 'sharp';

/** A file of a form: its declared type and name, and its bytes. */
export interface TestFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

const encoders = {
  'image/jpeg': (pixels: Sharp) => pixels.jpeg(),
  'image/png': (pixels: Sharp) => pixels.png(),
  'image/webp': (pixels: Sharp) => pixels.webp(),
  'image/avif': (pixels: Sharp) => pixels.avif({ effort: 0 }),
  'image/gif': (pixels: Sharp) => pixels.gif(),
  'image/tiff': (pixels: Sharp) => pixels.tiff(),
} as const;

const FIXTURES = {
  'image/jxl': 'image.jxl',
  'image/vnd.microsoft.icon': 'image.ico',
  'image/heic': 'image.heic',
  'image/bmp': 'image.bmp',
} as const;

/** A type in which tests can create images. */
export type MadeType = keyof typeof encoders;

/** Creates a single-colour image of the given dimensions. */
export async function makeImage(
  type: MadeType,
  size: { readonly width: number; readonly height: number },
): Promise<Buffer> {
  const pixels = sharp({ create: { ...size, channels: 3, background: '#2060c0' }, limitInputPixels: false });
  return await encoders[type](pixels).toBuffer();
}

/** Creates an image whose EXIF orientation says how it is to be turned. */
export async function turned(
  type: 'jpeg' | 'tiff',
  size: { readonly width: number; readonly height: number },
  orientation: number,
): Promise<Buffer> {
  const pixels = sharp({ create: { ...size, channels: 3, background: '#2060c0' } });
  return await pixels.withMetadata({ orientation }).toFormat(type).toBuffer();
}

/** Creates an image with several pictures: three frames, or a TIFF followed by smaller copies of itself. */
export async function makePages(
  type: 'image/gif' | 'image/webp' | 'image/tiff',
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Buffer> {
  const pages = type === 'image/tiff' ? 1 : 3;
  const pixels = noiseOf(width * height * 3 * pages, pages);
  const raw = { width, height: height * pages, channels: 3, pageHeight: height } as const;
  const made = sharp(pixels, { raw });
  return type === 'image/tiff'
    ? await made.tiff({ pyramid: true, tile: true, tileWidth: 64, tileHeight: 64 }).toBuffer()
    : await encoders[type](made).toBuffer();
}

/** A file of the fixtures. */
export async function fixture(name: string): Promise<Buffer> {
  return await readFile(new URL(`../../fixtures/${name}`, import.meta.url));
}

const images = new Map<ImageType, Promise<Buffer>>();

/** A small valid image of any of the ten types, 96 × 64 pixels. It is shared: do not modify it. */
export function image(type: ImageType): Promise<Buffer> {
  const made =
    images.get(type) ?? (isMade(type) ? makeImage(type, { width: 96, height: 64 }) : fixture(FIXTURES[type]));
  images.set(type, made);
  return made;
}

function isMade(type: ImageType): type is MadeType {
  return type in encoders;
}

/**
 * A valid image of exactly the given number of bytes, at least 1 KiB. The padding is noise from the seed, so that lost,
 * duplicated or moved bytes change the hash, and it cannot be compressed. The dimensions come before it.
 */
export async function imageOfSize(
  type: 'image/jpeg' | 'image/png',
  bytes: number,
  seed = 0,
): Promise<Buffer> {
  const small = await tiny(type);
  const noise = noiseOf(bytes - small.length, seed);
  return type === 'image/jpeg' ? padJpeg(small, noise) : padPng(small, noise);
}

const tinies = new Map<MadeType, Promise<Buffer>>();

/** What is padded: made once, since tests ask for thousands of images. */
function tiny(type: MadeType): Promise<Buffer> {
  const made = tinies.get(type) ?? makeImage(type, { width: 8, height: 8 });
  tinies.set(type, made);
  return made;
}

/** The key stream of a cipher: pseudorandom, reproducible, and gigabytes per second. */
function noiseOf(bytes: number, seed: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeDoubleBE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** Inserts the noise as comments before the scan, where ITU-T T.81, B.2.1 allows them. */
function padJpeg(jpeg: Buffer, noise: Buffer): Buffer {
  const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  for (let at = 0; at < noise.length; ) {
    const left = noise.length - at;
    // A segment has at least four bytes; its length has two bytes, and includes them.
    const size = left <= 65_537 ? left : Math.min(65_537, left - 4);
    noise.writeUInt16BE(0xfffe, at);
    noise.writeUInt16BE(size - 2, at + 2);
    at += size;
  }
  return Buffer.concat([jpeg.subarray(0, scan), noise, jpeg.subarray(scan)]);
}

/** Inserts the noise as a private chunk after IHDR, which readers skip (PNG, 5.4). */
function padPng(png: Buffer, noise: Buffer): Buffer {
  noise.writeUInt32BE(noise.length - 12, 0);
  noise.write('noIs', 4, 'latin1');
  noise.writeUInt32BE(crc32(noise.subarray(4, -4)), noise.length - 4);
  return Buffer.concat([png.subarray(0, 33), noise, png.subarray(33)]);
}

/** A text declared as a PNG. */
export const textNamedPng: TestFile = {
  name: 'notes.png',
  type: 'image/png',
  bytes: Buffer.from('Not an image, only a text with the name of one.\n'.repeat(40)),
};

/** A vector image, which the service does not accept. */
export const svg: TestFile = {
  name: 'drawing.svg',
  type: 'image/svg+xml',
  bytes: Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64"><rect width="96" height="64"/></svg>',
  ),
};
