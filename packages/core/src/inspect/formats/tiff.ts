import type { Found, Reader, Turned, Wanted } from '../header-reader.ts';
import type { FileWindow } from '../window.ts';

const WIDTH = 256;
const HEIGHT = 257;
const PHOTOMETRIC = 262;
const ORIENTATION = 274;
const SUB_DIRECTORIES = 330;
const DNG_VERSION = 50_706;
/** The pixels of a sensor: a colour filter array (TIFF/EP, ISO 12234-2), or `LinearRaw` (DNG). */
const RAW_PHOTOMETRICS = [32_803, 34_892];

/** libtiff rejects directories with more fields. */
const MOST_FIELDS = 4096;
/** Each may have to be read from disk. */
const MOST_PLACES = 1024;

/** Bytes of a value by its type: the integers, and the offsets of directories. */
const VALUE_BYTES: Readonly<Record<number, 1 | 2 | 4 | 8>> = {
  ...{ 1: 1, 6: 1, 3: 2, 8: 2, 4: 4, 9: 4, 13: 4 },
  ...{ 16: 8, 17: 8, 18: 8 },
};

/** The layout of a TIFF, or a BigTIFF. */
interface Layout {
  /** Sizes in bytes of an offset, of the number of fields, and of a field. */
  readonly offset: 4 | 8;
  readonly count: 2 | 8;
  readonly field: 12 | 20;
  read(at: number, bytes: 1 | 2 | 4 | 8): number;
}

/** The offset of a directory, or of a list of offsets of directories. */
interface Slot {
  readonly at: number;
  readonly list?: PlaceList;
}

interface PlaceList {
  readonly count: number;
  /** Size of each. */
  readonly bytes: 4 | 8;
}

/** Reads what is at an offset. Returns the offsets it points to, or undefined if there is too much to read. */
type Visit = Generator<Wanted, readonly Slot[] | 'other' | undefined, void>;

/**
 * The sizes in all directories (TIFF 6.0, section 2), which may be anywhere in the file, and in those that they point to
 * (`SubIFDs`, TIFF Technical Note 1). The nearest comes first, so that most are found while the file streams. A camera raw
 * looks like a TIFF, and is `other`.
 */
export const tiffSizes: Reader = function* (file, found, missed, turned) {
  if (file.lacks(0, 16)) yield { at: 0, length: 16 };
  const layout = layoutOf(file);
  const waiting = new Set<Slot>([{ at: layout.read(layout.offset, layout.offset) }]);
  const seen = new Set([0]);
  for (let left = MOST_PLACES; waiting.size > 0; left--) {
    if (left === 0 || waiting.size > MOST_PLACES) return missed();
    const place = [...waiting].reduce((nearest, each) => (each.at < nearest.at ? each : nearest));
    waiting.delete(place);
    if (!place.list && seen.has(place.at)) continue;
    if (!place.list) seen.add(place.at);
    const next = yield* place.list
      ? readList(file, layout, place.at, place.list)
      : readDirectory(file, layout, place.at, found, left === MOST_PLACES ? turned : ofOther);
    if (next === 'other') return next;
    if (!next) missed();
    for (const each of next ?? []) waiting.add(each);
  }
};

/** Shown is the first directory: another page, or a thumbnail, may be turned in another way. */
const ofOther: Turned = () => undefined;

function layoutOf(file: FileWindow): Layout {
  const little = file.u8(0) === 0x49;
  const read: Layout['read'] = (at, bytes) => {
    if (bytes === 1) return file.u8(at);
    if (bytes === 2) return file.u16(at, little);
    return bytes === 4 ? file.u32(at, little) : file.u64(at, little);
  };
  const isBig = file.u16(2, little) === 43;
  return isBig ? { offset: 8, count: 8, field: 20, read } : { offset: 4, count: 2, field: 12, read };
}

function* readList(file: FileWindow, layout: Layout, at: number, list: PlaceList): Visit {
  const length = list.count * list.bytes;
  if (list.count > MOST_PLACES) return undefined;
  if (file.lacks(at, length)) yield { at, length };
  if (file.lacks(at, length)) return [];
  return placesAt(layout, at, list);
}

const placesAt = ({ read }: Layout, at: number, { count, bytes }: PlaceList): Slot[] =>
  Array.from({ length: count }, (_, index) => ({ at: read(at + index * bytes, bytes) }));

/** An offset beyond the end of the file is not a directory, for decoders neither. */
function* readDirectory(file: FileWindow, layout: Layout, at: number, found: Found, turned: Turned): Visit {
  if (file.lacks(at, layout.count)) yield { at, length: layout.count };
  if (file.lacks(at, layout.count)) return [];
  const count = layout.read(at, layout.count);
  if (count > MOST_FIELDS) return undefined;
  const end = at + layout.count + count * layout.field;
  if (file.lacks(at, end + layout.offset - at)) yield { at, length: end + layout.offset - at };
  if (file.lacks(at, end - at)) return [];
  const next: Slot[] = file.lacks(end, layout.offset) ? [] : [{ at: layout.read(end, layout.offset) }];
  let [width, height] = [0, 0];
  for (let field = at + layout.count; field < end; field += layout.field) {
    const tag = layout.read(field, 2);
    if (tag === DNG_VERSION) return 'other';
    if (![WIDTH, HEIGHT, PHOTOMETRIC, ORIENTATION, SUB_DIRECTORIES].includes(tag)) continue;
    const bytes = VALUE_BYTES[layout.read(field + 2, 2)] ?? 1;
    const place = field + 4 + layout.offset;
    const value = layout.read(place, bytes);
    if (tag === WIDTH) width = Math.max(width, value);
    else if (tag === HEIGHT) height = Math.max(height, value);
    else if (tag === ORIENTATION) turned(value);
    else if (tag === PHOTOMETRIC && RAW_PHOTOMETRICS.includes(value)) return 'other';
    else if (tag === SUB_DIRECTORIES && (bytes === 4 || bytes === 8)) {
      const list = { count: layout.read(field + 4, layout.offset), bytes };
      if (list.count * bytes > layout.offset) next.push({ at: layout.read(place, layout.offset), list });
      else next.push(...placesAt(layout, place, list));
    }
  }
  found(width, height);
  return next;
}
