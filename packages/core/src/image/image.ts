import type { ImageRecord } from '../service/service.ts';
import type { Transformations } from '../transformations/transformations.ts';
import { imageUrl } from './image-url.ts';

/** An image record as Imgwire sent it, plus `url()`. Additions are not enumerable: the JSON is the plain record. */
export interface ImgwireImage extends ImageRecord {
  /** Hash of the stored bytes, in hex: after an `upload()` with `hash: 'sha256'`. */
  readonly sha256?: string;
  /**
   * The delivery URL of the image, transformed.
   *
   * @example image.url({ preset: 'medium', format: 'auto' })
   * @throws TypeError that names an unknown option or a value out of range
   */
  url(transformations?: Transformations): string;
}

/** Adds `url()` to a record. */
export function toImage(record: ImageRecord): ImgwireImage {
  const url = (transformations?: Transformations): string => imageUrl(record.cdn_url, transformations);
  return Object.defineProperty({ ...record }, 'url', { value: url }) as ImgwireImage;
}
