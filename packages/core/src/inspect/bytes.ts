/** Width and height of an image, in pixels, as stored. */
export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/**
 * The EXIF orientation (EXIF 2.32, 4.6.4): how the stored pixels are turned before they are shown. 1 is as they are; 5 to 8 swap width and
 * height.
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** Whether the bytes at an offset are this text, one byte per character. */
export function hasText(bytes: DataView, at: number, text: string): boolean {
  if (at + text.length > bytes.byteLength) return false;
  // Ten signatures are tried for each file: none of them is worth a string.
  for (let i = 0; i < text.length; i++) if (bytes.getUint8(at + i) !== text.charCodeAt(i)) return false;
  return true;
}

/**
 * A text of one byte per character.
 *
 * @throws RangeError if it exceeds the bytes
 */
export function textAt(bytes: DataView, at: number, length: number): string {
  return String.fromCharCode(...Array.from({ length }, (_, index) => bytes.getUint8(at + index)));
}

/** Joins chunks. `Buffer` is not in every runtime. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** A box of an ISO base media file: its type, where its contents begin and end, and whether they are complete. */
export interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly isWhole: boolean;
}

/**
 * The boxes between two offsets, up to the first invalid one (ISO/IEC 14496-12, 4.2). The last may exceed
 * the available bytes; its `end` is then the end of these.
 */
export function* boxesIn(bytes: DataView, start: number, end: number): Generator<Box> {
  let at = start;
  while (at + 8 <= end) {
    const [header, size] = boxSize(bytes, at, end);
    if (size < header) return;
    const next = Math.min(at + size, end);
    yield { type: textAt(bytes, at + 4, 4), start: at + header, end: next, isWhole: at + size <= end };
    at = next;
  }
}

/** The first box of a type between two offsets. */
export function findBox(bytes: DataView, start: number, end: number, type: string): Box | undefined {
  for (const box of boxesIn(bytes, start, end)) if (box.type === type) return box;
  return undefined;
}

/** The lengths of a box's header and of the box: 0 means to the end of the file, 1 that 64 bits follow. */
function boxSize(bytes: DataView, at: number, end: number): readonly [number, number] {
  const size = bytes.getUint32(at);
  if (size === 0) return [8, end - at];
  if (size !== 1) return [8, size];
  return at + 16 <= end ? [16, Number(bytes.getBigUint64(at + 8))] : [16, 0];
}
