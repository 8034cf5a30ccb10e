import type { Reader } from '../header-reader.ts';

const EXTENSION = 0x21;
const FRAME = 0x2c;
const TRAILER = 0x3b;

/**
 * GIF89a, 17 to 27: the logical screen, and every frame with its offset, since a decoder makes room for a frame that
 * exceeds its screen.
 */
export const gifSizes: Reader = function* (file, found, missed) {
  if (file.lacks(6, 7)) yield { at: 6, length: 7 };
  found(file.u16(6, true), file.u16(8, true));
  for (let at = 13 + colorTableBytes(file.u8(10)); ; at += 1) {
    // Some encoders write the block terminator of a frame twice.
    if (!file.lacks(at, 1)) at = file.pass(at, 0);
    if (file.lacks(at, 11)) yield { at, length: 11 };
    const block = file.u8(at);
    if (block === TRAILER) return;
    if (block === 0) continue;
    if (block === EXTENSION) at += 2;
    else if (block === FRAME) {
      const [left, top] = [file.u16(at + 1, true), file.u16(at + 3, true)];
      found(left + file.u16(at + 5, true), top + file.u16(at + 7, true));
      at += 11 + colorTableBytes(file.u8(at + 9));
    }
    // Some decoders stop here, some search for the next frame byte by byte.
    else return missed();
    // Data comes in blocks of up to 255 bytes; an empty one ends it.
    for (let isAtEnd = false; !isAtEnd; ) {
      if (file.lacks(at, 1)) yield { at, length: 1 };
      isAtEnd = file.u8(at) === 0;
      at = file.passBlocks(at);
    }
  }
};

/** Length of the colour table that these flags declare. */
export function colorTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}
