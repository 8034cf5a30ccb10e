import type { ReadRange } from './store/byte-store.ts';

const TAG_WIDTH = 256;
const TAG_HEIGHT = 257;
const TYPE_SHORT = 3;

/**
 * Reads the size of the first page of a TIFF (TIFF 6.0, section 2). Encoders usually put the directory behind the pixels, so it is
 * read where the header points.
 */
export async function readTiffSize(
  read: ReadRange,
  head: Buffer,
): Promise<{ width: number; height: number } | undefined> {
  const order = head.toString('latin1', 0, 4);
  if (order !== 'II*\0' && order !== 'MM\0*') return undefined;
  const numbers = numbersIn(order.startsWith('II'));
  if (head.length < 8) return undefined;
  const directory = numbers.long(head, 4);
  const count = await read(directory, 2);
  if (count.length < 2) return undefined;
  const entries = await read(directory + 2, numbers.short(count, 0) * 12);
  let width = 0;
  let height = 0;
  for (let at = 0; at + 12 <= entries.length; at += 12) {
    const tag = numbers.short(entries, at);
    const isShort = numbers.short(entries, at + 2) === TYPE_SHORT;
    const value = isShort ? numbers.short(entries, at + 8) : numbers.long(entries, at + 8);
    if (tag === TAG_WIDTH) width = value;
    if (tag === TAG_HEIGHT) height = value;
  }
  return width > 0 && height > 0 ? { width, height } : undefined;
}

/** Reads integers in one order of bytes. */
export function numbersIn(littleEndian: boolean) {
  return littleEndian
    ? {
        short: (buffer: Buffer, at: number) => buffer.readUInt16LE(at),
        long: (buffer: Buffer, at: number) => buffer.readUInt32LE(at),
      }
    : {
        short: (buffer: Buffer, at: number) => buffer.readUInt16BE(at),
        long: (buffer: Buffer, at: number) => buffer.readUInt32BE(at),
      };
}
