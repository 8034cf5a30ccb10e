import type { ImageRecord } from '../service/service.ts';
import type { Transformations } from '../transformations/transformations.ts';
import { imageUrl } from './image-url.ts';

/** An image record as Imgwire sent it, and `url()` beside it. What is beside is not enumerable: JSON is the plain record. */
export interface ImgwireImage extends ImageRecord {
  /** Of the stored bytes, in hex: of an `upload()` with `hash: 'sha256'`. */
  readonly sha256?: string;
  /**
   * The delivery URL of the image, transformed.
   *
   * @example image.url({ preset: 'medium', format: 'auto' })
   * @throws TypeError that names an unknown option or a value out of range
   */
  url(transformations?: Transformations): string;
}

/** Puts `url()` on a record. */
export function toImage(record: ImageRecord): ImgwireImage {
  const url = (transformations?: Transformations): string => imageUrl(record.cdn_url, transformations);
  return Object.defineProperty({ ...record }, 'url', { value: url }) as ImgwireImage;
}
