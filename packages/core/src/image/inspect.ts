import { dimensionsOf } from './image-dimensions.ts';
import { typeOfBytes } from './image-signature.ts';
import type { ImageType } from './image-type.ts';

export { canonicalImageType, extensionOf, IMAGE_TYPES, type ImageType } from './image-type.ts';

/** What the first bytes of a file say of the image. */
export interface InspectedImage {
  readonly type: ImageType;
  /** Pixels as stored, before any rotation or clipping that the file asks for; absent where the head does not tell. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * Tells an image by the first bytes of its file: its type, and its size if they reach that far. `undefined` if it is
 * none of the ten types. Never throws, and takes time at most in proportion to the head, whatever is in it. The size
 * of a GIF is its logical screen, that of an icon or a HEIF its largest picture.
 */
export function inspectImage(head: Uint8Array): InspectedImage | undefined {
  const bytes = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const type = typeOfBytes(bytes);
  return type && { type, ...dimensionsOf(type, bytes) };
}
