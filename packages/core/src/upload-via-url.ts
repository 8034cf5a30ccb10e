import { createHash, randomUUID } from 'node:crypto';
import { type ImgwireImage, toImage } from './image/image.ts';
import { METADATA_CHECKS, metadataBody } from './metadata.ts';
import type { UploadMetadata } from './rules.ts';
import type { Connection } from './service/connection.ts';
import { retry } from './service/retry.ts';
import { assertOptions } from './validate.ts';

/** One import of an image that has a URL. */
export interface UploadViaUrlInput extends UploadMetadata {
  /** Imgwire fetches it; at most 100 MiB. A URL from a stranger is to be checked first: `checkSourceUrl()`. */
  readonly url: string | URL;
  /** Ends the wait for the answer with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Lets Imgwire fetch an image. Repeated with one idempotency key, so that a lost answer does not make a second image.
 *
 * @throws ImgwireUploadError `UPSTREAM_REJECTED`, `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`; the signal's reason; TypeError for a
 *   wrong label
 */
export async function uploadViaUrl(
  { service, retries }: Connection,
  { url, signal, ...metadata }: UploadViaUrlInput,
): Promise<ImgwireImage> {
  assertOptions('uploadViaUrl()', metadata, METADATA_CHECKS);
  const body = { idempotency_key: randomUUID(), ...metadataBody(metadata), url: String(url) };
  return toImage(await retry(retries, signal, () => service.uploadViaUrl(body, signal)));
}

/** A key that is the same whenever the same URL is imported. */
export function keyOfUrl(url: string | URL): string {
  return `url-${createHash('sha256').update(String(url)).digest('hex')}`;
}
