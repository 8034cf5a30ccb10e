import { inspectImage } from '@imgwire/core';
import { readExif } from './exif.ts';
import { countGifFrames } from './gif-frames.ts';
import { type ImageType, imageType } from './image-types.ts';
import type { ReadRange } from './store/byte-store.ts';
import { readTiffSize } from './tiff-size.ts';

/** What the bytes say of the image. */
export interface ProbedImage {
  readonly type: ImageType;
  readonly width: number;
  readonly height: number;
  /** Frames of a GIF; 1 for all other types. */
  readonly frames: number;
  readonly exif: Record<string, unknown>;
}

/** The size is usually within 64 KiB, but thumbnails and colour profiles can push it further back. */
const HEAD_BYTES = [64 * 1024, 1024 * 1024, 16 * 1024 * 1024];

/** Reads type, size and EXIF from the head of the bytes. Undefined if they are no image of the ten types. */
export async function probeImage(read: ReadRange, sizeBytes: number): Promise<ProbedImage | undefined> {
  for (const length of HEAD_BYTES) {
    const head = await read(0, length);
    const found = (await probeTiff(read, head)) ?? probeHead(head);
    if (found) {
      const frames = found.type.mime === 'image/gif' ? await countGifFrames(read) : 1;
      return { ...found, frames, exif: readExif(head, found.type.mime) };
    }
    if (sizeBytes <= length) break;
  }
  return undefined;
}

type Size = Pick<ProbedImage, 'type' | 'width' | 'height'>;

function probeHead(head: Buffer): Size | undefined {
  const image = inspectImage(head);
  if (!image?.width || !image.height) return undefined;
  return { type: imageType(image.type), width: image.width, height: image.height };
}

async function probeTiff(read: ReadRange, head: Buffer): Promise<Size | undefined> {
  const size = await readTiffSize(read, head);
  return size && { type: imageType('image/tiff'), ...size };
}
