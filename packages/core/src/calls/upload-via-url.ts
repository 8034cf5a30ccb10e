import { createHash, randomUUID } from 'node:crypto';
import { definedOf } from '../base/defined-of.ts';
import { abortSignal, assertOptions, imageType } from '../base/validate.ts';
import { type ImgwireImage, toImage } from '../image/image.ts';
import { canonicalImageType } from '../inspect/inspect.ts';
import { METADATA_CHECKS, metadataBody } from '../rules/metadata.ts';
import type { UploadMetadata } from '../rules/rules.ts';
import { untilAborted } from '../service/deadline.ts';
import { isTransient, retry } from '../service/retry.ts';
import type { ImageRecord } from '../service/service.ts';
import type { Connection } from '../store/connection.ts';
import { remove } from '../store/create.ts';

/** One import of an image that has a URL. */
export interface UploadViaUrlInput extends UploadMetadata {
  /** Imgwire fetches it; at most 100 MiB. A URL from a stranger is to be checked first: `checkSourceUrl()`. */
  readonly url: string | URL;
  /** What the image is taken for, whatever its server says; `image/jpg` and other aliases count. @default as its server says */
  readonly mimeType?: string | undefined;
  /**
   * Ends the wait for the answer with its reason. An image that comes of it nevertheless is deleted, unless an
   * `idempotencyKey` was given: then the next import with this key answers it.
   */
  readonly signal?: AbortSignal | undefined;
}

const CHECKS = { mimeType: imageType, signal: abortSignal, ...METADATA_CHECKS };

/**
 * Lets Imgwire fetch an image. Repeated with one idempotency key, so that a lost answer does not make a second image.
 *
 * @throws ImgwireUploadError `UPSTREAM_REJECTED`, `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`; the signal's reason; TypeError for a
 *   wrong option
 */
export async function uploadViaUrl(
  connection: Connection,
  { url, mimeType, signal, ...metadata }: UploadViaUrlInput,
): Promise<ImgwireImage> {
  assertOptions('uploadViaUrl()', { mimeType, signal, ...metadata }, CHECKS);
  const { service, retries } = connection;
  const key = randomUUID();
  const type = mimeType === undefined ? undefined : canonicalImageType(mimeType);
  const body = {
    ...{ idempotency_key: key, ...metadataBody(metadata), url: String(url) },
    ...definedOf({ mime_type: type }),
  };
  if (!signal || metadata.idempotencyKey !== undefined) {
    return toImage(await retry(retries, signal, () => service.uploadViaUrl(body, signal)));
  }
  signal.throwIfAborted();
  // A call that was sent is not aborted, since its image could then not be found and deleted.
  const call = retry(retries, signal, () => service.uploadViaUrl(body));
  try {
    return toImage(await untilAborted(signal, () => call));
  } catch (error) {
    if (signal.aborted) void connection.lifetime.track(takeBack(connection, key, call));
    throw error;
  }
}

/** Deletes an image for which nobody waits any more. Never rejects: what may be left is reported. */
function takeBack(connection: Connection, idempotencyKey: string, call: Promise<ImageRecord>): Promise<void> {
  return call.then(
    ({ id }) => remove(connection, id),
    (error: unknown) => {
      if (isTransient(error)) connection.undoFailed({ idempotencyKey, error });
    },
  );
}

/** A key that is the same whenever the same URL is imported. */
export function keyOfUrl(url: string | URL): string {
  return `url-${createHash('sha256').update(String(url)).digest('hex')}`;
}
