import type { ReadRange } from './read-range.ts';

const WINDOW_BYTES = 64 * 1024;
const IMAGE = 0x2c;
const EXTENSION = 0x21;

/**
 * Number of frames of a GIF (GIF89a, sections 17 to 27), at least 1. The service's pixel limit is on all frames together, so
 * they are counted by skipping from block to block; a truncated file counts as far as it goes.
 */
export async function countGifFrames(read: ReadRange): Promise<number> {
  const byteAt = windowed(read);
  let at = 13 + colorTableBytes(await byteAt(10));
  let frames = 0;
  for (;;) {
    const block = await byteAt(at);
    if (block === IMAGE) {
      frames += 1;
      // Descriptor, local colour table, one byte of LZW code size, then the data.
      at = await skipSubBlocks(byteAt, at + 11 + colorTableBytes(await byteAt(at + 9)));
    } else if (block === EXTENSION) {
      at = await skipSubBlocks(byteAt, at + 2);
    } else return Math.max(1, frames);
  }
}

type ByteAt = (offset: number) => Promise<number>;

/** Data comes in blocks of up to 255 bytes, each prefixed with its length; a length of 0 ends it. */
async function skipSubBlocks(byteAt: ByteAt, start: number): Promise<number> {
  let at = start;
  for (let length = await byteAt(at); length > 0; length = await byteAt(at)) at += length + 1;
  return at + 1;
}

function colorTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 0x07) + 1) : 0;
}

/** Single bytes by offset; 0 beyond the end, which is not a block and ends every loop. */
function windowed(read: ReadRange): ByteAt {
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  return async (offset) => {
    if (offset < start || offset >= start + window.length) {
      start = offset;
      window = await read(start, WINDOW_BYTES);
    }
    return window[offset - start] ?? 0;
  };
}
