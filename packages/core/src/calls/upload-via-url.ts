import { createHash, randomUUID } from 'node:crypto';
import type { Cancellation, WithSignal } from '../cancellation.ts';
import { ImgwireError, isImgwireError } from '../errors.ts';
import { type ImgwireImage, toImage } from '../image/image.ts';
import { canonicalImageType, type ImageTypeLike } from '../inspect/inspect.ts';
import { abortSignal, imageType } from '../options/checks.ts';
import { definedOf } from '../options/defined-of.ts';
import type { Check } from '../options/option-problem.ts';
import { assertInput } from '../options/validate.ts';
import { METADATA_CHECKS, metadataBody } from '../rules/metadata.ts';
import type { UploadMetadata } from '../rules/rules.ts';
import { untilAborted } from '../service/deadline.ts';
import { isResponseLost, retry } from '../service/retry.ts';
import type { ImageRecord, UploadViaUrlBody } from '../service/service.ts';
import type { Context } from '../upload/context.ts';
import { deleteRecord } from '../upload/create.ts';
import { publish, startClock } from '../upload/events.ts';

/** One upload via URL. */
export interface UploadViaUrlInput extends UploadMetadata {
  /** The URL that Imgwire fetches, at most 100 MiB. Check an untrusted one first, with `checkSourceUrl()`. */
  readonly url: string | URL;
  /** The type of the image, or an alias such as `image/jpg`. @default as its server says */
  readonly mimeType?: ImageTypeLike | undefined;
  /**
   * Aborts the wait for the response with its reason. If the image is created nevertheless, we delete it. With an
   * `idempotencyKey` of your own we keep it: the next upload with this key returns it.
   */
  readonly signal?: AbortSignal | undefined;
}

const url: Check = (value) =>
  (typeof value === 'string' && value !== '') || typeof (value as Partial<URL> | null)?.href === 'string'
    ? undefined
    : 'a string that is not empty, or a URL';
const CHECKS = { url, mimeType: imageType, signal: abortSignal, ...METADATA_CHECKS };

/**
 * Has Imgwire fetch an image. Retries use one idempotency key, so that a lost response does not create a second image.
 *
 * @param derivedKey the key where none is given. Another run derives the same one, and goes on with what this run has left
 * @throws ImgwireError `IMAGE_QUARANTINED`, `URL_FETCH_FAILED`, `UPSTREAM_REJECTED`, `ACCOUNT_LIMIT_REACHED`,
 *   `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`; the signal's reason; TypeError for a wrong option
 */
export async function uploadViaUrl(
  context: Context,
  input: WithSignal<UploadViaUrlInput>,
  derivedKey?: string,
): Promise<ImgwireImage> {
  assertInput('uploadViaUrl()', input, 'url', CHECKS);
  const { url, mimeType, signal, ...metadata } = input;
  const key = derivedKey ?? randomUUID();
  const type = mimeType === undefined ? undefined : canonicalImageType(mimeType);
  const body = {
    ...{ idempotency_key: key, ...metadataBody(metadata), url: String(url) },
    ...definedOf({ mime_type: type }),
  };
  const isGiven = metadata.idempotencyKey !== undefined;
  const ownKey = isGiven || derivedKey !== undefined ? undefined : key;
  const durationMs = startClock();
  try {
    const image = await context.shutdown.runCall(signal, (either) =>
      start(context, body, ownKey, either).then((found) => usable(context, found, isGiven)),
    );
    publish('imgwire:import:stored', () => ({ imageId: image.id, durationMs: durationMs() }));
    return image;
  } catch (error) {
    publish('imgwire:import:failed', () => ({ error, durationMs: durationMs() }));
    throw error;
  }
}

/**
 * Returns the image unless it is in quarantine, and deletes one that is: every later upload with its key would get it. One under
 * a given key is kept, since an earlier upload may have stored it. The service does not say whether one has.
 */
async function usable(context: Context, image: ImgwireImage, isGiven: boolean): Promise<ImgwireImage> {
  if (image.status !== 'QUARANTINE') return image;
  if (!isGiven) await deleteRecord(context, image.id);
  throw new ImgwireError('IMAGE_QUARANTINED', { imageId: isGiven ? image.id : undefined });
}

/** With these statuses the service rejects the URL: the rest of the call was checked here. */
const OF_THE_SOURCE = new Set([400, 413]);
/** Types of errors that the service documents: they are about the account, the key or the service. */
const DOCUMENTED = new Set([
  ...['InvalidTokenError', 'OperationNotAllowedError', 'ResourceNotAuthorizedError'],
  ...['ResourceNotFoundError', 'ResourceConflictError', 'InternalError'],
]);

/** Calls the service. If it could not fetch the image that is not the server's fault, so the code is one that is not logged. */
async function fetchImage(
  { service }: Context,
  body: UploadViaUrlBody,
  signal?: Cancellation,
): Promise<ImageRecord> {
  try {
    return await service.uploadViaUrl(body, signal);
  } catch (error) {
    if (!isImgwireError(error) || error.code !== 'UPSTREAM_REJECTED') throw error;
    const { upstreamStatus, upstreamType, cause } = error;
    if (!OF_THE_SOURCE.has(upstreamStatus ?? 0) || DOCUMENTED.has(upstreamType ?? '')) throw error;
    throw new ImgwireError('URL_FETCH_FAILED', { upstreamStatus, upstreamType, cause });
  }
}

/** @param ownKey the key, if we made it: then nobody else gets the image */
async function start(
  context: Context,
  body: UploadViaUrlBody,
  ownKey: string | undefined,
  signal: Cancellation,
): Promise<ImgwireImage> {
  const { retries } = context;
  if (ownKey === undefined) {
    return toImage(await retry(retries, signal, () => fetchImage(context, body, signal)));
  }
  // A call in flight is not aborted, since its image could then not be found and deleted.
  let lost = false;
  const onFailure = (error: unknown): void => {
    lost ||= isResponseLost(error);
  };
  const call = retry(retries, signal, () => fetchImage(context, body), onFailure);
  try {
    return toImage(await untilAborted(signal, () => call));
  } catch (error) {
    // Nobody waits for the image any more. Never rejects: what may be left is reported.
    const rollBack = (): Promise<void> =>
      call.then(
        ({ id }) => deleteRecord(context, id),
        (failure: unknown) => {
          if (lost) context.reportRollbackFailure({ idempotencyKey: ownKey, error: failure });
        },
      );
    if (signal.aborted) void context.shutdown.track(rollBack());
    throw error;
  }
}

/** Derives an idempotency key from a URL, as `uploadViaUrlMany()` does. */
export function idempotencyKeyForUrl(url: string | URL): string {
  return `url-${createHash('sha256').update(String(url)).digest('hex')}`;
}
