import type { Found, Reader } from '../header-reader.ts';
import type { FileWindow } from '../window.ts';

const ANIMATED = 2;

/**
 * RFC 9649, 2.5 to 2.7: the canvas, the frames with their offsets, and every bitstream, lossy (RFC 6386, 9.1) or
 * lossless (3.4).
 */
export const webpSizes: Reader = function* (file, found) {
  let isAnimated = false;
  for (let at = 12; ; ) {
    if (file.lacks(at, 24)) yield { at, length: 24 };
    const chunk = file.letters(at);
    const data = at + 8;
    const size = file.u32(at + 4, true);
    at = data + size + (size % 2);
    if (chunk === 'VP8X') {
      isAnimated = (file.u8(data) & ANIMATED) !== 0;
      found(1 + u24(file, data + 4), 1 + u24(file, data + 7));
    } else if (chunk === 'ANMF') {
      const [left, top] = [2 * u24(file, data), 2 * u24(file, data + 3)];
      found(left + 1 + u24(file, data + 6), top + 1 + u24(file, data + 9));
      // Descend into the chunks of the frame.
      at = data + 16;
    } else if (chunk === 'VP8 ' || chunk === 'VP8L') {
      if (chunk === 'VP8L') losslessSize(file, data, found);
      else lossySize(file, data, found);
      if (!isAnimated) return;
    }
  }
};

function lossySize(file: FileWindow, at: number, found: Found): void {
  const isKeyFrame = u24(file, at + 3) === 0x2a019d;
  if (isKeyFrame) found(file.u16(at + 6, true) & 0x3fff, file.u16(at + 8, true) & 0x3fff);
}

function losslessSize(file: FileWindow, at: number, found: Found): void {
  const bits = file.u32(at + 1, true);
  if (file.u8(at) === 0x2f) found(1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff));
}

const u24 = (file: FileWindow, at: number): number => file.u16(at, true) + 65_536 * file.u8(at + 2);
