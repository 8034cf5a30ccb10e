import type { Dimensions } from '../bytes.ts';
import type { Reader } from '../header-reader.ts';

/** Width to height, as numerator and denominator; the first means that the width follows. */
const RATIOS = [undefined, [1, 1], [12, 10], [4, 3], [3, 2], [16, 9], [5, 4], [2, 1]] as const;

/** The signature, and the longest size header. */
const HEADER_BYTES = 11;

/**
 * The size header at the start of the codestream (ISO/IEC 18181-1, `SizeHeader`). The codestream is the file, or in
 * one of its boxes, or in several: `jxlp` starts with the number of the part (ISO/IEC 18181-2).
 */
export const jxlSize: Reader = function* (file, found) {
  const header: number[] = [];
  const take = (at: number, length: number): void => {
    const bytes = file.view(at, length);
    for (let index = 0; index < bytes.byteLength; index++) header.push(bytes.getUint8(index));
  };
  if (file.lacks(0, HEADER_BYTES)) yield { at: 0, length: HEADER_BYTES };
  const isNaked = file.u16(0) === 0xff0a;
  if (isNaked) take(0, HEADER_BYTES);
  for (let at = 0, isOver = isNaked; !isOver; ) {
    if (file.lacks(at, 16)) yield { at, length: 16 };
    const box = file.lacks(at, 8) ? undefined : file.box(at);
    if (box?.type === 'jxlc' || box?.type === 'jxlp') {
      const from = box.type === 'jxlp' ? box.start + 4 : box.start;
      const length = Math.min(HEADER_BYTES - header.length, box.end - from);
      if (file.lacks(from, length)) yield { at: from, length };
      take(from, length);
    }
    isOver = !box || box.type === 'jxlc' || header.length === HEADER_BYTES;
    at = box?.end ?? at;
  }
  const { width, height } = sizeOf(bitReader(header, 16));
  found(width, height);
};

type ReadBits = (count: number) => number;

function sizeOf(read: ReadBits): Dimensions {
  const isSmall = read(1) === 1;
  const height = readLength(read, isSmall);
  const ratio = RATIOS[read(3)];
  const width = ratio ? Math.floor((height * ratio[0]) / ratio[1]) : readLength(read, isSmall);
  return { width, height };
}

function readLength(read: ReadBits, isSmall: boolean): number {
  if (isSmall) return 8 * (1 + read(5));
  return 1 + read([9, 13, 18, 30][read(2)] ?? 0);
}

/** Bits from the lowest of each byte on, as ISO/IEC 18181-1 packs them; beyond the bytes there are none, so no size. */
function bitReader(bytes: readonly number[], start: number): ReadBits {
  let at = start;
  return (count) => {
    let value = 0;
    for (let index = 0; index < count; index++, at++) {
      value += (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) * 2 ** index;
    }
    return at > bytes.length * 8 ? Number.NaN : value;
  };
}
