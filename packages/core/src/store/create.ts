import { checkImageId } from '../base/check-id.ts';
import { isImgwireUploadError } from '../base/errors.ts';
import { isTransient, retry } from '../service/retry.ts';
import type { CreateBody, ImageRecord } from '../service/service.ts';
import type { Connection } from './connection.ts';
import { publish, startClock } from './events.ts';

/** A record that waits for its bytes, and the way to take it back. */
export interface Created {
  readonly image: ImageRecord;
  /** Where to PUT the bytes: a secret until it expires. */
  readonly uploadUrl: string;
  /** Whether the bytes are there already: the idempotency key was used before. */
  readonly stored: boolean;
  /** Takes back a record whose bytes did not arrive. Never rejects: what could not be deleted is reported. */
  undo(): Promise<void>;
  /** Deletes the stored image, however often it is called. Never rejects, as `undo`. */
  discard(): Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

/**
 * Creates the record of an upload. Repeated with the same idempotency key, so that a lost answer does not make a second
 * one. A call that was sent is not aborted, since its record could then not be found and deleted; `signal` only ends the
 * repeating.
 *
 * @param sharedKey whether the key is the user's, so that another request may be at work on the same record
 * @throws ImgwireUploadError `UPSTREAM_REJECTED`, `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`
 */
export async function create(
  connection: Connection,
  body: CreateBody,
  sharedKey: boolean,
  signal: AbortSignal,
): Promise<Created> {
  signal.throwIfAborted();
  const durationMs = startClock();
  const takeBack = (imageId: string): Promise<void> =>
    sharedKey ? removePending(connection, imageId) : remove(connection, imageId);
  let answerLost = false;
  const attempt = (): ReturnType<Connection['service']['create']> =>
    connection.service.create(body).catch((error: unknown) => {
      answerLost ||= isTransient(error);
      throw error;
    });
  try {
    const { image, upload_url: uploadUrl } = await retry(connection.retries, signal, attempt);
    publish('imgwire:upload:created', () => ({ imageId: image.id, durationMs: durationMs() }));
    // `can_upload` is not documented. Only together with a status that bytes must have caused does it say "stored".
    const stored = image.can_upload === false && (image.status === 'READY' || image.status === 'PROCESSING');
    const undo = (): Promise<void> => takeBack(image.id);
    let discarded: Promise<void> | undefined;
    const discard = (): Promise<void> => {
      discarded ??= remove(connection, image.id);
      return discarded;
    };
    // A record that was stored by an earlier request is not this one's to delete.
    return { image, uploadUrl, stored, undo: stored ? nothing : undo, discard: stored ? nothing : discard };
  } catch (error) {
    const lost = answerLost ? await findLost(connection, body) : undefined;
    if (lost) await takeBack(lost.id);
    throw error;
  }
}

/** A create call that failed may have made its record all the same. The same key answers which, if anything does. */
async function findLost(connection: Connection, body: CreateBody): Promise<ImageRecord | undefined> {
  try {
    return (await connection.service.create(body)).image;
  } catch (error) {
    const { idempotency_key: idempotencyKey } = body;
    connection.undoFailed({ ...(idempotencyKey !== undefined && { idempotencyKey }), error });
    return undefined;
  }
}

/**
 * Deletes a record unless another request with the same key has meanwhile stored its bytes. While that is not known it is
 * left and reported: a record too many is cheaper than an image that somebody was told is stored.
 */
async function removePending(connection: Connection, imageId: string): Promise<void> {
  const { service, retries, undoFailed } = connection;
  try {
    const { status } = await retry(retries, undefined, () => service.retrieve(imageId));
    if (status === 'PENDING') await remove(connection, imageId);
  } catch (error) {
    // Another request with the same key took it back.
    if (isImgwireUploadError(error) && error.code === 'IMAGE_NOT_FOUND') return;
    undoFailed({ imageId, error });
  }
}

/** Deletes a record that nobody will be told of. Never rejects: what could not be deleted is reported. */
export function remove(
  { service, retries, lifetime, undoFailed }: Connection,
  imageId: string,
): Promise<void> {
  const durationMs = startClock();
  const work = retry(retries, undefined, () => service.delete(checkImageId('discard()', imageId))).then(
    () => publish('imgwire:upload:undone', () => ({ imageId, durationMs: durationMs() })),
    (error: unknown) => undoFailed({ imageId, error }),
  );
  return lifetime.track(work);
}
