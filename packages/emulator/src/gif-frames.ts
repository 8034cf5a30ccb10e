import type { ReadRange } from './store/byte-store.ts';

const WINDOW_BYTES = 64 * 1024;
const IMAGE = 0x2c;
const EXTENSION = 0x21;
/** A frame is told by its first ten bytes, anything else by fewer. */
const DESCRIPTOR_BYTES = 10;

/**
 * Counts the frames of a GIF (GIF89a, sections 17 to 27), at least 1: the service's limit of pixels is on all frames together. Core
 * looks for the largest frame only. A truncated file counts as far as it goes. Nothing is awaited between blocks, only between
 * windows: a file of 48 MB may have 16 million blocks.
 */
export async function countGifFrames(read: ReadRange): Promise<number> {
  let start = 0;
  let window = await read(start, WINDOW_BYTES);
  let at = 13 + colorTableBytes(window[10] ?? 0);
  let isInData = false;
  for (let frames = 0; ; ) {
    if (at !== start && at + DESCRIPTOR_BYTES > start + window.length) {
      start = at;
      window = await read(start, WINDOW_BYTES);
    }
    // Beyond the end there are zeros, which end data, and are no block.
    const byte = window[at - start] ?? 0;
    if (isInData) {
      // Data comes in blocks of up to 255 bytes, each prefixed with its length; a length of 0 ends it.
      at += byte + 1;
      isInData = byte > 0;
    } else if (byte === IMAGE) {
      frames += 1;
      // Descriptor, local colour table, one byte of LZW code size, then the data.
      at += 11 + colorTableBytes(window[at - start + 9] ?? 0);
      isInData = true;
    } else if (byte === EXTENSION) {
      at += 2;
      isInData = true;
    } else return Math.max(1, frames);
  }
}

function colorTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 0x07) + 1) : 0;
}
