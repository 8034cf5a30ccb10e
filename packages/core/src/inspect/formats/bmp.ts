import type { Dimensions } from '../bytes.ts';
import type { Reader } from '../header-reader.ts';
import type { FileWindow } from '../window.ts';

/** The second header of the file. */
export const bmpSize: Reader = function* (file, found) {
  if (file.lacks(14, 12)) yield { at: 14, length: 12 };
  const { width, height } = bitmapSize(file, 14);
  found(width, height);
};

/** The oldest header has lengths of 16 bits. A negative height means that the rows run downwards. */
function bitmapSize(file: FileWindow, at: number): Dimensions {
  if (file.u32(at, true) === 12) return { width: file.u16(at + 4, true), height: file.u16(at + 6, true) };
  return { width: file.u32(at + 4, true) | 0, height: Math.abs(file.u32(at + 8, true) | 0) };
}

/** More images than any icon has: a directory of 65,535 would take a megabyte. */
const MOST_IMAGES = 1024;

/**
 * An icon: the sizes from its directory, which writes 256 as 0, and from the images themselves. Each
 * is a PNG, or a bitmap without the file header, whose height includes a mask below it.
 */
export const iconSizes: Reader = function* (file, found, missed) {
  if (file.lacks(4, 2)) yield { at: 4, length: 2 };
  const count = file.u16(4, true);
  const read = Math.min(count, MOST_IMAGES);
  if (read < count) missed();
  if (file.lacks(6, 16 * read)) yield { at: 6, length: 16 * read };
  const slots = Array.from({ length: read }, (_, index) => {
    const entry = 6 + 16 * index;
    found(file.u8(entry) || 256, file.u8(entry + 1) || 256);
    return file.u32(entry + 12, true);
  });
  for (const at of slots.sort((a, b) => a - b)) {
    if (file.lacks(at, 24)) yield { at, length: 24 };
    if (file.lacks(at, 24)) break;
    if (file.u32(at) === 0x89504e47) found(file.u32(at + 16), file.u32(at + 20));
    else {
      const { width, height } = bitmapSize(file, at);
      found(width, Math.floor(height / 2));
    }
  }
};
