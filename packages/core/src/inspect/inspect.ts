import type { Orientation } from './bytes.ts';
import { HeaderReader } from './header-reader.ts';
import { typeOfBytes } from './signature.ts';
import { SIZE_READERS } from './size-inspector.ts';
import type { ImageType } from './type.ts';

export type { Orientation } from './bytes.ts';
export { typeOfBytes } from './signature.ts';
export {
  canonicalImageType,
  extensionOf,
  IMAGE_TYPES,
  type ImageType,
  type ImageTypeLike,
} from './type.ts';

/** What the first bytes of a file say about the image. */
export interface InspectedImage {
  readonly type: ImageType;
  /** Pixels as stored, before any rotation or clipping that the file declares; absent if the head does not say. */
  readonly width?: number;
  readonly height?: number;
  /** How the pixels are turned before they are shown, from the EXIF data of a JPEG or TIFF: 5 to 8 swap width and height. */
  readonly orientation?: Orientation;
}

/**
 * Identifies an image by the first bytes of its file: its type, and its size if they reach that far. `undefined` if it is
 * none of the ten types. Never throws, and takes at most linear time in the head, whatever its content. The size is
 * the largest in the head: of the frames of a GIF and its screen, of the images of an icon or a HEIF, of the
 * pages of a TIFF.
 */
export function inspectImage(head: Uint8Array): InspectedImage | undefined {
  const type = typeOfBytes(head);
  if (!type) return undefined;
  const image = new HeaderReader(SIZE_READERS[type]);
  while (image.wanted) image.show(image.wanted.at, head.subarray(image.wanted.at), true);
  const { size, orientation } = image;
  return image.isOther ? undefined : { type, ...size, ...(orientation && { orientation }) };
}
