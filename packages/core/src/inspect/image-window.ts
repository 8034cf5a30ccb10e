import type { Box } from './image-bytes.ts';

/** The part of a file that is in memory. All offsets are those of the file. Outside the window it is a RangeError. */
export interface FileWindow {
  /** Whether a byte of this range is outside the window. */
  lacks(at: number, length: number): boolean;
  u8(at: number): number;
  u16(at: number, littleEndian?: boolean): number;
  u32(at: number, littleEndian?: boolean): number;
  u64(at: number, littleEndian?: boolean): number;
  /** Four letters. */
  letters(at: number): string;
  /** The box of an ISO base media file; undefined if invalid. One without a length never ends. */
  box(at: number): Omit<Box, 'isWhole'> | undefined;
  /** Up to so many bytes: as many of them as are in the window. */
  view(at: number, most: number): DataView;
  /** Skips to the next byte equal to this one, within the window. */
  find(at: number, byte: number): number;
  /** Skips to the next byte different from this one. */
  pass(at: number, byte: number): number;
  /** Skips from block to block, each with a leading length byte, to the first empty one. */
  passBlocks(at: number): number;
  /** Moves the window to other bytes, which begin at this offset. */
  show(at: number, shown: Uint8Array): void;
}

/** Opens an empty window. */
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
    // A hostile file makes these two go over every byte: ten times as fast as with the others.
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
