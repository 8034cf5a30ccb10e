import { ImgwireUploadError } from '../base/errors.ts';
import type { Dimensions } from '../inspect/image-bytes.ts';
import { extensionOf, type ImageType, typeOfBytes } from '../inspect/inspect.ts';
import { ImageMeter } from '../inspect/measure-image.ts';
import type { FileRules } from '../rules/rules.ts';
import type { Head, Watch } from './content.ts';

/** An image accepted by its first bytes, and inspected while the rest streams. */
export interface AcceptedImage extends Watch {
  readonly mimetype: ImageType;
  /** Pixels known so far; none if the whole file has been read and they are not certain. */
  size(): Partial<Dimensions>;
}

/**
 * Decides by its bytes whether to accept a file. The declared type is ignored: clients guess it from the file name. What the
 * first bytes leave open is decided while the others stream, with the same errors; at their end too, if they are all.
 *
 * @throws ImgwireUploadError `EMPTY_FILE`, `UNSUPPORTED_IMAGE_TYPE`, `TOO_MANY_PIXELS`, `PIXELS_UNKNOWN`
 */
export function acceptImage(head: Head, rules: FileRules): AcceptedImage {
  if (head.bytes.length === 0) throw new ImgwireUploadError('EMPTY_FILE');
  const mimetype = typeOfBytes(head.bytes);
  if (!mimetype || !rules.accept.includes(mimetype)) throw unsupported(rules);
  const meter = new ImageMeter(mimetype);
  // Evaluated each time: a PUT that fails for another reason must not mask a breach.
  const check = (): void => {
    const { width, height } = meter.size ?? { width: 0, height: 0 };
    if (meter.isOther) throw unsupported(rules);
    if (width * height > rules.maxPixels) {
      throw new ImgwireUploadError('TOO_MANY_PIXELS', {
        message: `The image has ${width} × ${height} pixels; at most ${rules.maxPixels} in all are accepted.`,
      });
    }
  };
  let hasEnded = false;
  const image: AcceptedImage = {
    mimetype,
    size: () => (hasEnded && !meter.isKnown ? {} : { ...meter.size }),
    pass: (chunk) => {
      meter.pass(chunk);
      check();
    },
    end: (whole) => {
      hasEnded = true;
      const checkAll = (): void => {
        check();
        if (rules.pixelsMustBeKnown && !meter.isKnown) throw new ImgwireUploadError('PIXELS_UNKNOWN');
      };
      return meter.isKnown ? checkAll() : meter.end(whole).then(checkAll);
    },
  };
  image.pass(head.bytes);
  return image;
}

const unsupported = ({ accept }: FileRules): ImgwireUploadError =>
  new ImgwireUploadError('UNSUPPORTED_IMAGE_TYPE', {
    message: `The file is not an image of an accepted type (${accept.map(extensionOf).join(', ')}).`,
  });
