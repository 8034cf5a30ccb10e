import { boxesIn, type Dimensions, hasText } from './image-bytes.ts';

/** Width to height, as numerator and denominator; the first stands for a width that follows. */
const RATIOS = [undefined, [1, 1], [12, 10], [4, 3], [3, 2], [16, 9], [5, 4], [2, 1]] as const;

/**
 * The size header at the start of the codestream (ISO/IEC 18181-1, `SizeHeader`).
 *
 * @throws RangeError if it lies behind the head
 */
export function jxlDimensions(head: DataView): Dimensions | undefined {
  const codestream = findCodestream(head);
  if (!codestream || !hasText(codestream, 0, '\xff\x0a')) return undefined;
  const read = bitReader(codestream, 2);
  const isSmall = read(1) === 1;
  const height = readLength(read, isSmall);
  const ratio = RATIOS[read(3)];
  const width = ratio ? Math.floor((height * ratio[0]) / ratio[1]) : readLength(read, isSmall);
  return { width, height };
}

/** The head itself, or a box of it; `jxlp` has the number of the part in front (ISO/IEC 18181-2). */
function findCodestream(head: DataView): DataView | undefined {
  if (hasText(head, 0, '\xff\x0a')) return head;
  for (const { type, start, end } of boxesIn(head, 0, head.byteLength)) {
    const from = type === 'jxlp' ? start + 4 : start;
    if (type === 'jxlc' || type === 'jxlp')
      return new DataView(head.buffer, head.byteOffset + from, end - from);
  }
  return undefined;
}

type ReadBits = (count: number) => number;

function readLength(read: ReadBits, isSmall: boolean): number {
  if (isSmall) return 8 * (1 + read(5));
  return 1 + read([9, 13, 18, 30][read(2)] ?? 0);
}

/** Bits from the lowest of each byte on, as ISO/IEC 18181-1 packs them. */
function bitReader(bytes: DataView, start: number): ReadBits {
  let at = start * 8;
  return (count) => {
    let value = 0;
    for (let index = 0; index < count; index++, at++) {
      value += ((bytes.getUint8(at >> 3) >> (at & 7)) & 1) * 2 ** index;
    }
    return value;
  };
}
