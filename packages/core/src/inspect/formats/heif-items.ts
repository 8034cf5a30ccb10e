import { boxesIn, findBox, textAt } from '../bytes.ts';

/** `meta` has a version and flags in front of its boxes (ISO/IEC 14496-12, 8.11.1). */
export const META_HEADER = 4;

/** An item of a `meta` box. */
export interface Item {
  readonly id: number;
  readonly type: string;
}

/**
 * The items, as `iinf` lists them (ISO/IEC 14496-12, 8.11.6).
 *
 * @param meta the contents of the box, or the start of them
 * @throws RangeError for an unreadable list
 */
export function* itemsIn(meta: DataView): Generator<Item> {
  const list = findBox(meta, META_HEADER, meta.byteLength, 'iinf');
  if (!list) return;
  const first = list.start + 4 + (meta.getUint8(list.start) === 0 ? 2 : 4);
  for (const { type, start } of boxesIn(meta, first, list.end)) {
    const version = type === 'infe' ? meta.getUint8(start) : 0;
    if (version === 2) yield { id: meta.getUint16(start + 4), type: textAt(meta, start + 8, 4) };
    if (version === 3) yield { id: meta.getUint32(start + 4), type: textAt(meta, start + 10, 4) };
  }
}

/** Where the data of an item begins. */
export interface ItemPlace {
  readonly id: number;
  /** An offset in the file, or in the `idat` box. */
  readonly at: number;
  readonly in: 'file' | 'idat';
}

/**
 * Where the data of the items is, according to `iloc` (ISO/IEC 14496-12, 8.11.3). Data in several extents, in another file or
 * in another item is left out.
 *
 * @throws RangeError for an unreadable list
 */
export function* placesIn(meta: DataView): Generator<ItemPlace> {
  const list = findBox(meta, META_HEADER, meta.byteLength, 'iloc');
  if (!list) return;
  let at = list.start;
  const take = (bytes: number): number => {
    at += bytes;
    if (bytes === 2) return meta.getUint16(at - 2);
    if (bytes === 4) return meta.getUint32(at - 4);
    if (bytes === 8) return Number(meta.getBigUint64(at - 8));
    if (bytes === 0) return 0;
    throw new RangeError('No number has so many bytes');
  };
  const version = take(4) >>> 24;
  const sizes = take(2);
  const [offset, length, base] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const index = version === 0 ? 0 : sizes & 15;
  const id = version < 2 ? 2 : 4;
  for (let left = take(id); left > 0; left--) {
    const item = take(id);
    const method = version === 0 ? 0 : take(2) & 15;
    const otherFile = take(2);
    const start = take(base);
    const extents = take(2);
    const first = at + index;
    at += extents * (index + offset + length);
    if (extents !== 1 || otherFile !== 0 || method > 1) continue;
    const back = at;
    at = first;
    yield { id: item, at: start + take(offset), in: method === 1 ? 'idat' : 'file' };
    at = back;
  }
}
