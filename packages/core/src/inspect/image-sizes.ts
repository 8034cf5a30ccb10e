import { bmpSize, iconSizes } from './image-bmp.ts';
import { gifSizes } from './image-gif.ts';
import { heifSizes } from './image-heif.ts';
import { jpegSize } from './image-jpeg.ts';
import { jxlSize } from './image-jxl.ts';
import { tiffSizes } from './image-tiff.ts';
import type { ImageType } from './image-type.ts';
import type { Reader } from './image-walk.ts';
import { webpSizes } from './image-webp.ts';

/** PNG, 11.2.1: IHDR comes first. No frame of an animation may exceed it (11.3.2.3), and decoders reject one that does. */
const pngSize: Reader = function* (file, found) {
  if (file.lacks(8, 16)) yield { at: 8, length: 16 };
  if (file.letters(12) === 'IHDR') found(file.u32(16), file.u32(20));
};

/**
 * The reader that finds the sizes in a file of each type.
 *
 * We have our own because image-size 2.1 requires whole files: in the head of a JPEG XL it finds nothing, it reads beyond
 * the end of a `Buffer`, and takes 8 seconds for a crafted AVIF of 1 MiB.
 */
export const SIZE_READERS: Readonly<Record<ImageType, Reader>> = {
  'image/jpeg': jpegSize,
  'image/jxl': jxlSize,
  'image/png': pngSize,
  'image/webp': webpSizes,
  'image/avif': heifSizes,
  'image/gif': gifSizes,
  'image/vnd.microsoft.icon': iconSizes,
  'image/heic': heifSizes,
  'image/bmp': bmpSize,
  'image/tiff': tiffSizes,
};
