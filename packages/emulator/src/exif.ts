import exifReader from 'exif-reader';
import { numbersIn } from './tiff-size.ts';

/** Where the TIFF structure with the EXIF data begins after its marker: JPEG and HEIF, PNG, WebP. */
const EXIF_MARKERS = [
  { marker: Buffer.from('Exif\0\0'), skip: 6 },
  { marker: Buffer.from('eXIf'), skip: 4 },
  { marker: Buffer.from('EXIF'), skip: 8 },
];

/** Reads the EXIF data in the head of a file, as a flat object. Broken EXIF is empty: the image itself may be fine. */
export function readExif(head: Buffer, mime: string): Record<string, unknown> {
  const structure = findStructure(head, mime);
  try {
    return structure && isSound(structure) ? flatten(exifReader(structure)) : {};
  } catch {
    return {};
  }
}

/** A TIFF is the structure itself. In other formats it is behind a marker. */
function findStructure(head: Buffer, mime: string): Buffer | undefined {
  if (mime === 'image/tiff') return head;
  for (const { marker, skip } of EXIF_MARKERS) {
    const at = head.indexOf(marker);
    if (at !== -1) return head.subarray(at + skip);
  }
  return undefined;
}

/** Bytes of a value by its type (TIFF 6.0, section 2). */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8];
/** Tags whose values are the offsets of further directories: EXIF, GPS, interoperability. */
const DIRECTORY_TAGS = [0x8769, 0x8825, 0xa005];
/** The first, that of the thumbnail, and some to spare. */
const MOST_DIRECTORIES = 8;

/**
 * Whether the structure has room for its values. The reader copies each of them: for thousands that refer to the same 64 KB it took
 * seconds, and gigabytes.
 */
function isSound(structure: Buffer): boolean {
  const { short, long } = numbersIn(structure.toString('latin1', 0, 2) === 'II');
  const { length } = structure;
  const directories = [long(structure, 4)];
  let room = length;
  for (const [visited, start] of directories.entries()) {
    if (visited === MOST_DIRECTORIES) return false;
    if (start + 2 > length) continue;
    const end = start + 2 + 12 * short(structure, start);
    for (let at = start + 2; at + 12 <= Math.min(end, length); at += 12) {
      const bytes = (TYPE_BYTES[short(structure, at + 2)] ?? 0) * long(structure, at + 4);
      const value = long(structure, at + 8);
      if (DIRECTORY_TAGS.includes(short(structure, at))) directories.push(value);
      if (bytes > 4) room -= Math.min(bytes, Math.max(0, length - value));
      if (room < 0) return false;
    }
    // The next one, which only the first may have.
    if (visited === 0 && end + 4 <= length && long(structure, end) > 0)
      directories.push(long(structure, end));
  }
  return true;
}

/** Longer values are tables of pixels, which nobody reads and every list of images would have. */
const MOST_VALUES = 1000;

/** One flat object of plain values, without buffers (maker notes, thumbnails) and long lists. JSON makes dates RFC 3339. */
function flatten(exif: object): Record<string, unknown> {
  const groups = Object.values(exif).filter(
    (group) => typeof group === 'object' && group !== null,
  ) as object[];
  const entries = groups.flatMap((group) => Object.entries(group) as [string, unknown][]);
  return Object.fromEntries(entries.filter(([, value]) => !(value instanceof Uint8Array) && !isLong(value)));
}

function isLong(value: unknown): boolean {
  return (typeof value === 'string' || Array.isArray(value)) && value.length > MOST_VALUES;
}
