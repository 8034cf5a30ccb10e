import exifReader from 'exif-reader';
import { imageSize } from 'image-size';
import { countGifFrames } from './gif-frames.ts';
import { type ImageType, imageType, imageTypeOfProbe } from './image-types.ts';
import type { ReadRange } from './read-range.ts';
import { readTiffSize } from './tiff-size.ts';

/** What the bytes themselves say. */
export interface ProbedImage {
  readonly type: ImageType;
  readonly width: number;
  readonly height: number;
  /** Frames of a GIF; 1 for all other types. */
  readonly frames: number;
  readonly exif: Record<string, unknown>;
}

/** Headers are usually within 64 KiB; thumbnails and colour profiles can push the size further back. */
const HEAD_BYTES = [64 * 1024, 1024 * 1024, 16 * 1024 * 1024];

/**
 * Reads type, size and EXIF from the head of the bytes; undefined if they are not an image that the service
 * knows.
 */
export async function probeImage(read: ReadRange, sizeBytes: number): Promise<ProbedImage | undefined> {
  for (const length of HEAD_BYTES) {
    const head = await read(0, length);
    const found = (await probeTiff(read, head)) ?? probeHead(head);
    if (found) {
      const frames = found.type.mime === 'image/gif' ? await countGifFrames(read) : 1;
      return { ...found, frames, exif: readExif(head, found.type) };
    }
    if (sizeBytes <= length) break;
  }
  return undefined;
}

type Size = Pick<ProbedImage, 'type' | 'width' | 'height'>;

function probeHead(head: Buffer): Size | undefined {
  try {
    // A copy with its own memory: the prober reads past the end of a view, into Node's pool of small buffers.
    const { type: name, width, height } = imageSize(new Uint8Array(head));
    const type = imageTypeOfProbe(name);
    return type && width > 0 && height > 0 ? { type, width, height } : undefined;
  } catch {
    // The prober throws both for unknown types and for truncated headers.
    return undefined;
  }
}

async function probeTiff(read: ReadRange, head: Buffer): Promise<Size | undefined> {
  const size = await readTiffSize(read, head);
  return size && { type: imageType('image/tiff'), ...size };
}

/** Where the TIFF structure with the EXIF data begins after its marker: JPEG and HEIF, PNG, WebP. */
const EXIF_MARKERS = [
  { marker: Buffer.from('Exif\0\0'), skip: 6 },
  { marker: Buffer.from('eXIf'), skip: 4 },
  { marker: Buffer.from('EXIF'), skip: 8 },
];

/** A TIFF is the structure itself; in other formats it is somewhere behind a marker. */
function readExif(head: Buffer, type: ImageType): Record<string, unknown> {
  if (type.mime === 'image/tiff') return parseExif(head);
  for (const { marker, skip } of EXIF_MARKERS) {
    const at = head.indexOf(marker);
    if (at !== -1) return parseExif(head.subarray(at + skip));
  }
  return {};
}

/** Broken EXIF does not make a broken image. */
function parseExif(structure: Buffer): Record<string, unknown> {
  try {
    return flattenExif(exifReader(structure));
  } catch {
    return {};
  }
}

/**
 * One flat object of plain values: buffers (maker notes, thumbnails) are left out, dates become RFC 3339
 * text.
 */
function flattenExif(exif: object): Record<string, unknown> {
  const groups = Object.values(exif).filter(
    (group) => typeof group === 'object' && group !== null,
  ) as object[];
  const entries = groups.flatMap((group) => Object.entries(group) as [string, unknown][]);
  return Object.fromEntries(entries.filter(([, value]) => !(value instanceof Uint8Array)));
}
