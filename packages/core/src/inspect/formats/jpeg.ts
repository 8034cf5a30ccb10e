import type { Reader } from '../header-reader.ts';
import { exifOrientation } from './exif.ts';

/**
 * ITU-T T.81, B.2.2: the first frame header. libjpeg accepts no second one, and thumbnails in APP1 or images after
 * the end of the image (MPF) are decoded only on request. Bytes between segments are skipped, as decoders do.
 */
export const jpegSize: Reader = function* (file, found, _missed, turned) {
  for (let at = 2; ; ) {
    if (file.lacks(at, 9)) yield { at, length: 9 };
    const marker = file.u8(at + 1);
    if (file.u8(at) !== 0xff) at = file.find(at, 0xff);
    else if (marker === 0xff) at = file.pass(at, 0xff) - 1;
    else if (isFrameHeader(marker)) {
      found(file.u16(at + 7), file.u16(at + 5));
      return;
    } else if (marker === 0xd9 || marker === 0xda) return;
    else {
      const length = hasLength(marker) ? file.u16(at + 2) : 0;
      if (marker === APP1) yield* exifOrientation(file, at + 4, length - 2, turned);
      at += 2 + length;
    }
  }
};

/** The segment of EXIF data, and of XMP. */
const APP1 = 0xe1;

/** SOF0 to SOF15; DHT, JPG and DAC lie in between. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** All but TEM, RST0 to RST7 and SOI; a zero is not a marker. */
function hasLength(marker: number): boolean {
  return marker > 1 && !(marker >= 0xd0 && marker <= 0xd8);
}
