import { ImgwireUploadError } from '../errors.ts';
import { extensionOf, type ImageType, inspectImage } from '../image/inspect.ts';
import type { Head } from './length.ts';

/** What the beginning of a file says of the image. */
export interface AcceptedImage {
  readonly mimetype: ImageType;
  /** Pixels, where the beginning of the file tells. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * Decides by its first bytes whether a file is taken. The client's claim has no say: it is guessed from a file name.
 *
 * @throws ImgwireUploadError `EMPTY_FILE`, `UNSUPPORTED_IMAGE_TYPE`, `TOO_MANY_PIXELS`
 */
export function acceptImage(
  head: Head,
  rules: { readonly accept: readonly ImageType[]; readonly maxPixels: number },
): AcceptedImage {
  if (head.bytes.length === 0) throw new ImgwireUploadError('EMPTY_FILE');
  const found = inspectImage(head.bytes);
  if (!found || !rules.accept.includes(found.type)) {
    throw new ImgwireUploadError('UNSUPPORTED_IMAGE_TYPE', {
      message: `The file is not an image of an accepted type (${rules.accept.map(extensionOf).join(', ')}).`,
    });
  }
  const { type: mimetype, width, height } = found;
  if (width === undefined || height === undefined) return { mimetype };
  if (width * height > rules.maxPixels) {
    throw new ImgwireUploadError('TOO_MANY_PIXELS', {
      message: `The image has ${width} × ${height} pixels; at most ${rules.maxPixels} in all are accepted.`,
    });
  }
  return { mimetype, width, height };
}
