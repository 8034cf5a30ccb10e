import { boxesIn, findBox, hasText, textAt } from './bytes.ts';
import { colorTableBytes } from './formats/gif.ts';
import { itemsIn } from './formats/heif-items.ts';
import type { ImageType } from './type.ts';

type Signature = (head: DataView) => boolean;

const AVIF = /^avi[fs]$/;
const HEIC = /^he(i[cxms]|v[cxms])$/;
/** The brand of a coded image, by the type of its item. */
const ITEM_BRANDS = new Map([
  ['av01', 'avif'],
  ['hvc1', 'heic'],
  ['lhv1', 'heic'],
]);

// Many texts begin with these two or four letters too, so where a format has no more, the header after them is also checked.
const SIGNATURES: readonly (readonly [ImageType, Signature])[] = [
  // ITU-T T.81, B.1.1: start of image, then another marker.
  ['image/jpeg', (head) => hasText(head, 0, '\xff\xd8\xff')],
  // PNG, 5.2. Xcode's variant begins with CgBI, and only Apple's decoders read it.
  ['image/png', (head) => hasText(head, 0, '\x89PNG\r\n\x1a\n') && !hasText(head, 12, 'CgBI')],
  ['image/gif', isGif],
  // RFC 9649, 2.4 to 2.7.
  ['image/webp', (head) => hasText(head, 0, 'RIFF') && /^WEBPVP8[ LX]$/.test(textOr(head, 8, 8))],
  ['image/avif', (head) => AVIF.test(codecBrand(head))],
  ['image/heic', (head) => HEIC.test(codecBrand(head))],
  // ISO/IEC 18181-1 for the codestream, 18181-2 for the container.
  ['image/jxl', (head) => hasText(head, 0, '\xff\x0a') || hasText(head, 0, '\0\0\0\x0cJXL \r\n\x87\n')],
  ['image/tiff', isTiff],
  ['image/bmp', isBmp],
  ['image/vnd.microsoft.icon', isIcon],
];

/**
 * The type of a file, from its first bytes alone; `undefined` if it is none of the ten. Some camera raws can only be told
 * from a TIFF by their directories.
 */
export function typeOfBytes(bytes: Uint8Array): ImageType | undefined {
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return SIGNATURES.find(([, matches]) => matches(head))?.[0];
}

function textOr(head: DataView, at: number, length: number): string {
  return at + length <= head.byteLength ? textAt(head, at, length) : '';
}

/** GIF89a, 17 to 20: the screen and its colours are followed by an extension, an image, or the trailer. */
function isGif(head: DataView): boolean {
  if (!/^GIF8[79]a$/.test(textOr(head, 0, 6)) || head.byteLength < 13) return false;
  const colors = colorTableBytes(head.getUint8(10));
  return 13 + colors >= head.byteLength || [0x21, 0x2c, 0x3b].includes(head.getUint8(13 + colors));
}

/** Real files list a handful of brands; thousands are an attack. */
const MAX_BRANDS = 64;

/**
 * The brand that says how an ISO base media image is coded (ISO/IEC 14496-12, 4.3). `mif1` and the like only say that
 * it is an image (ISO/IEC 23008-12, 10): then the first more specific compatible brand counts, or else the first
 * more specific item.
 */
function codecBrand(head: DataView): string {
  if (!hasText(head, 4, 'ftyp')) return '';
  const [box] = boxesIn(head, 0, head.byteLength);
  if (!box || box.end < box.start + 8) return '';
  const major = textAt(head, box.start, 4);
  if (!/^(m[is]f[12]|miaf)$/.test(major)) return major;
  const end = Math.min(box.end, box.start + 8 + 4 * MAX_BRANDS);
  for (let at = box.start + 8; at + 4 <= end; at += 4) {
    const brand = textAt(head, at, 4);
    if (AVIF.test(brand) || HEIC.test(brand)) return brand;
  }
  return brandOfItems(head);
}

function brandOfItems(head: DataView): string {
  const meta = findBox(head, 0, head.byteLength, 'meta');
  if (!meta) return '';
  const contents = new DataView(head.buffer, head.byteOffset + meta.start, meta.end - meta.start);
  try {
    for (const { type } of itemsIn(contents)) {
      const brand = ITEM_BRANDS.get(type);
      if (brand) return brand;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return '';
}

/**
 * TIFF 6.0, section 2; BigTIFF has version 43, and 8 as the size of its offsets. A Canon raw says so after the header.
 */
function isTiff(head: DataView): boolean {
  const order = textOr(head, 0, 2);
  if ((order !== 'II' && order !== 'MM') || head.byteLength < 8 || hasText(head, 8, 'CR\x02')) return false;
  const little = order === 'II';
  if (head.getUint16(2, little) === 42) return head.getUint32(4, little) >= 8;
  return head.getUint16(2, little) === 43 && head.getUint32(4, little) === (little ? 8 : 0x80000);
}

/** The size of the second header tells the version; the number of planes is always one. */
function isBmp(head: DataView): boolean {
  if (!hasText(head, 0, 'BM') || head.byteLength < 30) return false;
  const headerSize = head.getUint32(14, true);
  const planes = head.getUint16(headerSize === 12 ? 22 : 26, true);
  return [12, 16, 40, 52, 56, 64, 108, 124].includes(headerSize) && planes === 1;
}

/** Many binary files begin with these four bytes, so the first image must come after the directory. */
function isIcon(head: DataView): boolean {
  if (!hasText(head, 0, '\0\0\x01\0') || head.byteLength < 22) return false;
  const count = head.getUint16(4, true);
  const [size, offset] = [head.getUint32(14, true), head.getUint32(18, true)];
  return count > 0 && size > 0 && offset >= 6 + 16 * count;
}
