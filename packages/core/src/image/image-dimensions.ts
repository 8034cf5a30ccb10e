import { type Dimensions, hasText, largest, textAt } from './image-bytes.ts';
import { heifDimensions } from './image-heif.ts';
import { jxlDimensions } from './image-jxl.ts';
import { tiffDimensions } from './image-tiff.ts';
import type { ImageType } from './image-type.ts';

type Reader = (head: DataView) => Dimensions | undefined;

const readers: Readonly<Record<ImageType, Reader>> = {
  'image/jpeg': jpegDimensions,
  'image/jxl': jxlDimensions,
  'image/png': pngDimensions,
  'image/webp': webpDimensions,
  'image/avif': heifDimensions,
  'image/gif': gifDimensions,
  'image/vnd.microsoft.icon': iconDimensions,
  'image/heic': heifDimensions,
  'image/bmp': bmpDimensions,
  'image/tiff': tiffDimensions,
};

/**
 * The size of an image of a known type; `undefined` if the head does not hold it.
 *
 * We read it ourselves because image-size 2.1 wants whole files: from a head it finds nothing in JPEG XL, reads beyond
 * the end of a `Buffer`, and takes 8 seconds for a made-up AVIF of 1 MiB.
 */
export function dimensionsOf(type: ImageType, head: DataView): Dimensions | undefined {
  try {
    const dimensions = readers[type](head);
    return dimensions && isPositive(dimensions.width) && isPositive(dimensions.height)
      ? dimensions
      : undefined;
  } catch (error) {
    // DataView throws for what lies behind the head; nothing here looks there on its own.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function isPositive(length: number): boolean {
  return Number.isSafeInteger(length) && length > 0;
}

/** ITU-T T.81, B.2.2: the first frame header. Bytes between segments are skipped, as decoders do. */
function jpegDimensions(head: DataView): Dimensions | undefined {
  let at = 2;
  while (at < head.byteLength) {
    const marker = head.getUint8(at + 1);
    if (head.getUint8(at) !== 0xff || marker === 0xff) at += 1;
    else if (isFrameHeader(marker)) return { width: head.getUint16(at + 7), height: head.getUint16(at + 5) };
    else if (marker === 0xd9 || marker === 0xda) return undefined;
    else at += 2 + (hasLength(marker) ? head.getUint16(at + 2) : 0);
  }
  return undefined;
}

/** SOF0 to SOF15; DHT, JPG and DAC lie in between. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** All but TEM, RST0 to RST7 and SOI; a zero makes no marker at all. */
function hasLength(marker: number): boolean {
  return marker > 1 && !(marker >= 0xd0 && marker <= 0xd8);
}

/** PNG, 11.2.1: IHDR comes first. */
function pngDimensions(head: DataView): Dimensions | undefined {
  return hasText(head, 12, 'IHDR') ? { width: head.getUint32(16), height: head.getUint32(20) } : undefined;
}

/** GIF89a, 18: the logical screen. The frames come one after another and cannot be counted from the head. */
function gifDimensions(head: DataView): Dimensions {
  return { width: head.getUint16(6, true), height: head.getUint16(8, true) };
}

/** RFC 9649, 2.5 and RFC 6386, 9.1; 2.6 and 3.4; 2.7. */
function webpDimensions(head: DataView): Dimensions | undefined {
  const chunk = textAt(head, 12, 4);
  if (chunk === 'VP8X') {
    return { width: 1 + (head.getUint32(23, true) >>> 8), height: 1 + (head.getUint32(26, true) >>> 8) };
  }
  if (chunk === 'VP8L') {
    const bits = head.getUint32(21, true);
    return head.getUint8(20) === 0x2f
      ? { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) }
      : undefined;
  }
  if (!hasText(head, 23, '\x9d\x01\x2a')) return undefined;
  return { width: head.getUint16(26, true) & 0x3fff, height: head.getUint16(28, true) & 0x3fff };
}

/** The largest of the pictures; a length of 256 is written as 0. */
function iconDimensions(head: DataView): Dimensions | undefined {
  const pictures = Array.from({ length: head.getUint16(4, true) }, (_, index) => ({
    width: head.getUint8(6 + 16 * index) || 256,
    height: head.getUint8(7 + 16 * index) || 256,
  }));
  return largest(pictures);
}

/** The oldest header has lengths of 16 bits. A negative height means that the rows run downwards. */
function bmpDimensions(head: DataView): Dimensions {
  if (head.getUint32(14, true) === 12) {
    return { width: head.getUint16(18, true), height: head.getUint16(20, true) };
  }
  return { width: head.getInt32(18, true), height: Math.abs(head.getInt32(22, true)) };
}
