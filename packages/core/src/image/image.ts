import type { ImageRecord } from '../service/service.ts';
import type { Transformations } from '../transformations/transformations.ts';
import { imageUrl } from './url.ts';

/** An image record as Imgwire sent it, plus `url()`. Our additions are not enumerable, so the JSON is the plain record. */
export interface ImgwireImage extends ImageRecord {
  /** The SHA-256 of the stored bytes, in hex, after an `upload()` with `hashAlgorithm: 'sha256'`. */
  readonly sha256?: string;
  /**
   * Set if an earlier upload with the same `idempotencyKey` has stored the image. This is its record, and the bytes of this
   * upload were not used. It is never set by an upload via URL: the service does not say it there.
   */
  readonly existing?: true;
  /**
   * Returns the delivery URL of the image, transformed.
   *
   * @example image.url({ preset: 'medium', format: 'auto', quality: 'auto' })
   * @throws TypeError that names an unknown option or a value out of range
   */
  url(transformations?: Transformations): string;
}

/** Adds `url()` to a record. */
export function toImage(record: ImageRecord): ImgwireImage {
  const url = (transformations?: Transformations): string => imageUrl(record.cdn_url, transformations);
  return Object.defineProperty({ ...record }, 'url', { value: url }) as ImgwireImage;
}

/** Marks an image that an earlier upload has stored. */
export function asExisting(image: ImgwireImage): ImgwireImage {
  return Object.defineProperty(image, 'existing', { value: true });
}
