import { type Dimensions, hasText } from './image-bytes.ts';

const WIDTH = 256;
const HEIGHT = 257;

/**
 * Two fields of the first directory, which may lie anywhere in the file (TIFF 6.0, section 2).
 *
 * @throws RangeError if it lies behind the head
 */
export function tiffDimensions(head: DataView): Dimensions | undefined {
  const little = hasText(head, 0, 'I');
  const isBig = head.getUint16(2, little) === 43;
  const directory = isBig ? Number(head.getBigUint64(8, little)) : head.getUint32(4, little);
  const count = isBig ? Number(head.getBigUint64(directory, little)) : head.getUint16(directory, little);
  const { first, size, valueAt } = isBig
    ? { first: directory + 8, size: 20, valueAt: 12 }
    : { first: directory + 2, size: 12, valueAt: 8 };
  const fields = new Map<number, number>();
  for (let at = first; at < first + count * size && fields.size < 2; at += size) {
    const tag = head.getUint16(at, little);
    if (tag === WIDTH || tag === HEIGHT) {
      fields.set(tag, readValue(head, head.getUint16(at + 2, little), at + valueAt, little));
    }
  }
  const [width, height] = [fields.get(WIDTH), fields.get(HEIGHT)];
  return width === undefined || height === undefined ? undefined : { width, height };
}

/** A SHORT, a LONG, or a LONG8 of BigTIFF. */
function readValue(head: DataView, type: number, at: number, little: boolean): number {
  if (type === 3) return head.getUint16(at, little);
  if (type === 4) return head.getUint32(at, little);
  return type === 16 ? Number(head.getBigUint64(at, little)) : Number.NaN;
}
