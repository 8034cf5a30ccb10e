import { boxesIn, findBox } from '../bytes.ts';
import type { Found, Reader, Wanted } from '../header-reader.ts';
import type { FileWindow } from '../window.ts';
import { itemsIn, META_HEADER, placesIn } from './heif-items.ts';

/** A photo of 50 megapixels has some 20 KiB of it. It is buffered until it is complete. */
const MOST_META_BYTES = 128 * 1024;

/** Where the size begins in the data of a derived image, by its type (ISO/IEC 23008-12, 6.6.2). */
const SIZE_PLACES = new Map([
  ['grid', 4],
  ['iovl', 10],
]);
const DERIVED_BYTES = 18;

/** A derived image: where its data is in the file, and where its size is in that. */
interface Derived {
  readonly at: number;
  readonly size: number;
}

/**
 * ISO/IEC 23008-12, 6.5.3: the extents are properties of items. Tiles and thumbnails are
 * items too; a grid or an overlay has its size in its data; a sequence has tracks (ISO/IEC 14496-12, 8.3.2).
 */
export const heifSizes: Reader = function* (file, found, missed) {
  const waiting: Derived[] = [];
  for (let at = 0; ; ) {
    const [derived] = waiting;
    // In file order, since a stream cannot be read again.
    if (derived && derived.at < at) {
      waiting.shift();
      yield* readDerived(file, derived, found);
      continue;
    }
    if (file.lacks(at, 16)) yield { at, length: 16 };
    const box = file.lacks(at, 8) ? undefined : file.box(at);
    if (!box && !derived) return;
    // Descend into the boxes of a movie, and of a track.
    if (box?.type === 'moov' || box?.type === 'trak') at = box.start;
    else at = box?.end ?? Number.POSITIVE_INFINITY;
    if (box?.type === 'tkhd') yield* readTrack(file, box.end - 8, found);
    if (box?.type === 'meta') waiting.push(...(yield* readMeta(file, box.start, box.end, found, missed)));
  }
};

function* readTrack(file: FileWindow, at: number, found: Found): Generator<Wanted, void, void> {
  if (file.lacks(at, 8)) yield { at, length: 8 };
  // Fixed-point numbers with 16 fractional bits.
  found(file.u32(at) >>> 16, file.u32(at + 4) >>> 16);
}

function* readDerived(file: FileWindow, { at, size }: Derived, found: Found): Generator<Wanted, void, void> {
  if (file.lacks(at, DERIVED_BYTES)) yield { at, length: DERIVED_BYTES };
  const isLong = (file.u8(at + 1) & 1) !== 0;
  const from = at + size;
  if (file.lacks(from, isLong ? 8 : 4)) return;
  if (isLong) found(file.u32(from), file.u32(from + 4));
  else found(file.u16(from), file.u16(from + 2));
}

/** The extents, once complete, and the images derived from their items. */
function* readMeta(
  file: FileWindow,
  start: number,
  end: number,
  found: Found,
  missed: () => void,
): Generator<Wanted, Derived[], void> {
  const length = Math.min(end - start, MOST_META_BYTES);
  if (file.lacks(start, length)) yield { at: start, length };
  const meta = file.view(start, length);
  if (meta.byteLength === MOST_META_BYTES) missed();
  const properties = findBox(meta, META_HEADER, meta.byteLength, 'iprp');
  const container = properties && findBox(meta, properties.start, properties.end, 'ipco');
  if (container?.isWhole === false) missed();
  for (const box of container?.isWhole ? boxesIn(meta, container.start, container.end) : []) {
    const hasExtent = box.type === 'ispe' && box.end - box.start >= 12;
    if (hasExtent) found(meta.getUint32(box.start + 4), meta.getUint32(box.start + 8));
  }
  try {
    return derivedIn(meta, start, missed);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    missed();
    return [];
  }
}

/** The derived images, in file order. @throws RangeError for unreadable lists */
function derivedIn(meta: DataView, metaStart: number, missed: () => void): Derived[] {
  const sizes = new Map<number, number>();
  for (const { id, type } of itemsIn(meta)) {
    const size = SIZE_PLACES.get(type);
    if (size !== undefined) sizes.set(id, size);
  }
  if (sizes.size === 0) return [];
  const box = findBox(meta, META_HEADER, meta.byteLength, 'idat');
  const found: Derived[] = [];
  for (const place of placesIn(meta)) {
    const size = sizes.get(place.id);
    if (size === undefined || (place.in === 'idat' && !box)) continue;
    found.push({ at: place.in === 'idat' ? metaStart + (box?.start ?? 0) + place.at : place.at, size });
    sizes.delete(place.id);
  }
  // In several extents, or in another file.
  if (sizes.size > 0) missed();
  return found.sort((a, b) => a.at - b.at);
}
