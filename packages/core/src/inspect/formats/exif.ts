import type { Turned, Wanted } from '../header-reader.ts';
import type { FileWindow } from '../window.ts';

const ORIENTATION = 274;
const SHORT = 3;
/** So much of the EXIF data is searched: the orientation is among its first fields. */
const MOST_BYTES = 4096;
/** `Exif`, two zeros, and the header of a TIFF. */
const HEADER_BYTES = 14;

/**
 * Finds the orientation in a segment of EXIF data (EXIF 2.32, 4.5.4 and 4.6.4): `Exif`, two zeros, and a TIFF whose first directory
 * has it, as one number of 16 bits. Other data, such as XMP, has none, and viewers ignore one of another type.
 */
export function* exifOrientation(
  file: FileWindow,
  at: number,
  length: number,
  turned: Turned,
): Generator<Wanted, void, void> {
  const most = Math.min(length, MOST_BYTES);
  if (most < HEADER_BYTES) return;
  if (file.lacks(at, most)) yield { at, length: most };
  if (file.lacks(at, most) || file.letters(at) !== 'Exif') return;
  const tiff = at + 6;
  const little = file.u8(tiff) === 0x49;
  const directory = tiff + file.u32(tiff + 4, little);
  if (directory + 2 > at + most) return;
  const end = Math.min(at + most, directory + 2 + 12 * file.u16(directory, little));
  for (let field = directory + 2; field + 12 <= end; field += 12)
    if (
      file.u16(field, little) === ORIENTATION &&
      file.u16(field + 2, little) === SHORT &&
      file.u32(field + 4, little) === 1
    )
      turned(file.u16(field + 8, little));
}
