import type { Box } from './image-bytes.ts';

/** The part of a file that is at hand. All places are those of the file. What is not at hand is a RangeError. */
export interface FileWindow {
  /** Whether a byte of this range is not at hand. */
  lacks(at: number, length: number): boolean;
  u8(at: number): number;
  u16(at: number, littleEndian?: boolean): number;
  u32(at: number, littleEndian?: boolean): number;
  u64(at: number, littleEndian?: boolean): number;
  /** Four letters. */
  letters(at: number): string;
  /** The box of an ISO base media file; undefined for what cannot be one. One without a length goes on for ever. */
  box(at: number): Omit<Box, 'isWhole'> | undefined;
  /** At most so many bytes: as many of them as are at hand. */
  view(at: number, most: number): DataView;
  /** Goes on to the next byte that is this one, as far as they are at hand. */
  find(at: number, byte: number): number;
  /** Goes on to the next byte that is another one. */
  pass(at: number, byte: number): number;
  /** Goes on from block to block, each led by a byte with its length, to the first that is empty. */
  passBlocks(at: number): number;
  /** Shows other bytes, which begin at this place. */
  show(at: number, shown: Uint8Array): void;
}

/** Opens a window in which nothing is seen yet. */
export function openWindow(): FileWindow {
  let start = 0;
  let bytes = new Uint8Array();
  let numbers = new DataView(bytes.buffer);
  const u32 = (at: number, littleEndian?: boolean): number => numbers.getUint32(at - start, littleEndian);
  const u64 = (at: number, littleEndian?: boolean): number =>
    Number(numbers.getBigUint64(at - start, littleEndian));
  const letters = (at: number): string => {
    const code = u32(at);
    return String.fromCharCode(code >>> 24, (code >> 16) & 255, (code >> 8) & 255, code & 255);
  };
  return {
    ...{ u32, u64, letters },
    lacks: (at, length) => at < start || at + length > start + bytes.length,
    u8: (at) => numbers.getUint8(at - start),
    u16: (at, littleEndian) => numbers.getUint16(at - start, littleEndian),
    box: (at) => {
      const short = u32(at);
      const header = short === 1 ? 16 : 8;
      const size = short === 1 ? u64(at + 8) : short || Number.POSITIVE_INFINITY;
      return size < header ? undefined : { type: letters(at + 4), start: at + header, end: at + size };
    },
    view: (at, most) => {
      const from = at - start;
      return new DataView(bytes.buffer, bytes.byteOffset + from, Math.min(most, bytes.length - from));
    },
    find: (at, byte) => {
      const index = bytes.indexOf(byte, at - start);
      return start + (index < 0 ? bytes.length : index);
    },
    // These two go over every byte of a file that is made for it: ten times as fast as with the others.
    pass: (at, byte) => {
      let index = at - start;
      while (bytes[index] === byte) index += 1;
      return start + index;
    },
    passBlocks: (at) => {
      let index = at - start;
      for (let length = bytes[index]; length; length = bytes[index]) index += length + 1;
      return start + index;
    },
    show: (at, shown) => {
      start = at;
      bytes = shown as typeof bytes;
      numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    },
  };
}
