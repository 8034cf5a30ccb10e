import { createHash, randomUUID } from 'node:crypto';
import type { Cancellation, WithSignal } from '../base/cancellation.ts';
import { abortSignal, imageType } from '../base/checks.ts';
import { definedOf } from '../base/defined-of.ts';
import { assertInput } from '../base/validate.ts';
import type { Check } from '../base/wrong-option.ts';
import { type ImgwireImage, toImage } from '../image/image.ts';
import { canonicalImageType, type ImageTypeLike } from '../inspect/inspect.ts';
import { METADATA_CHECKS, metadataBody } from '../rules/metadata.ts';
import type { UploadMetadata } from '../rules/rules.ts';
import { untilAborted } from '../service/deadline.ts';
import { isAnswerLost, retry } from '../service/retry.ts';
import type { UploadViaUrlBody } from '../service/service.ts';
import type { Connection } from '../store/connection.ts';
import { remove } from '../store/create.ts';
import { publish, startClock } from '../store/events.ts';

/** One import of an image from a URL. */
export interface UploadViaUrlInput extends UploadMetadata {
  /** Imgwire fetches it; at most 100 MiB. Check an untrusted URL first: `checkSourceUrl()`. */
  readonly url: string | URL;
  /** The type, whatever the image's server says; `image/jpg` and other aliases are accepted. @default as its server says */
  readonly mimeType?: ImageTypeLike | undefined;
  /**
   * Aborts the wait for the response with its reason. An image that is created nevertheless is deleted, unless an
   * `idempotencyKey` was given: then the next import with this key returns it.
   */
  readonly signal?: AbortSignal | undefined;
}

const url: Check = (value) =>
  (typeof value === 'string' && value !== '') || typeof (value as Partial<URL> | null)?.href === 'string'
    ? undefined
    : 'a string that is not empty, or a URL';
const CHECKS = { url, mimeType: imageType, signal: abortSignal, ...METADATA_CHECKS };

/**
 * Lets Imgwire fetch an image. Retries use one idempotency key, so that a lost response does not create a second image.
 *
 * @throws ImgwireUploadError `UPSTREAM_REJECTED`, `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`; the signal's reason; TypeError for a
 *   wrong option
 */
export async function uploadViaUrl(
  connection: Connection,
  input: WithSignal<UploadViaUrlInput>,
): Promise<ImgwireImage> {
  assertInput('uploadViaUrl()', input, 'url', CHECKS);
  const { url, mimeType, signal, ...metadata } = input;
  const key = randomUUID();
  const type = mimeType === undefined ? undefined : canonicalImageType(mimeType);
  const body = {
    ...{ idempotency_key: key, ...metadataBody(metadata), url: String(url) },
    ...definedOf({ mime_type: type }),
  };
  const ownKey = metadata.idempotencyKey === undefined ? key : undefined;
  const durationMs = startClock();
  try {
    const image = await connection.lifetime.runCall(signal, (either) =>
      start(connection, body, ownKey, either),
    );
    publish('imgwire:import:stored', () => ({ imageId: image.id, durationMs: durationMs() }));
    return image;
  } catch (error) {
    publish('imgwire:import:failed', () => ({ error, durationMs: durationMs() }));
    throw error;
  }
}

/** @param ownKey the key, if it is ours: then nobody else gets the image */
async function start(
  connection: Connection,
  body: UploadViaUrlBody,
  ownKey: string | undefined,
  signal: Cancellation,
): Promise<ImgwireImage> {
  const { service, retries } = connection;
  if (ownKey === undefined) {
    return toImage(await retry(retries, signal, () => service.uploadViaUrl(body, signal)));
  }
  // A call in flight is not aborted, since its image could then not be found and deleted.
  let lost = false;
  const onFailure = (error: unknown): void => {
    lost ||= isAnswerLost(error);
  };
  const call = retry(retries, signal, () => service.uploadViaUrl(body), onFailure);
  try {
    return toImage(await untilAborted(signal, () => call));
  } catch (error) {
    // Nobody waits for its image any more. Never rejects: what may be left is reported.
    const takeBack = (): Promise<void> =>
      call.then(
        ({ id }) => remove(connection, id),
        (failure: unknown) => {
          if (lost) connection.undoFailed({ idempotencyKey: ownKey, error: failure });
        },
      );
    if (signal.aborted) void connection.lifetime.track(takeBack());
    throw error;
  }
}

/** A stable idempotency key for a URL. */
export function keyOfUrl(url: string | URL): string {
  return `url-${createHash('sha256').update(String(url)).digest('hex')}`;
}
