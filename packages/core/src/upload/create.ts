import type { Signal } from '../cancellation.ts';
import { isImgwireError } from '../errors.ts';
import { checkImageId } from '../options/check-id.ts';
import { isResponseLost, retry } from '../service/retry.ts';
import type { CreateBody, ImageRecord } from '../service/service.ts';
import type { CreateContext } from './context.ts';
import type { CreatedUpload } from './created-upload.ts';
import { publish, type RollbackFailure, startClock } from './events.ts';

const nothing = async (): Promise<void> => undefined;

/**
 * Creates the record of an upload. Retries use the same idempotency key, so that a lost response does not create a second one.
 * A call in flight is not aborted, since its record could then not be found and deleted: `signal` only stops the retries.
 *
 * @param sharedKey whether the key is the user's, so that another request may use the same record
 * @throws ImgwireError `UPSTREAM_REJECTED`, `ACCOUNT_LIMIT_REACHED`, `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`
 */
export async function create(
  context: CreateContext,
  body: CreateBody,
  sharedKey: boolean,
  signal: Signal,
): Promise<CreatedUpload> {
  signal.throwIfAborted();
  const durationMs = startClock();
  const { idempotency_key: idempotencyKey } = body;
  const shared =
    sharedKey && idempotencyKey !== undefined
      ? ({ idempotencyKey, onlyIfPending: true } as const)
      : undefined;
  const rollBack = (imageId: string): Promise<void> =>
    shared ? deletePending(context, imageId, shared) : deleteRecord(context, imageId);
  let responseLost = false;
  const onFailure = (error: unknown): void => {
    responseLost ||= isResponseLost(error);
  };
  try {
    const { image, upload_url: uploadUrl } = await retry(
      context.retries,
      signal,
      () => context.service.create(body),
      onFailure,
    );
    publish('imgwire:upload:created', () => ({ imageId: image.id, durationMs: durationMs() }));
    // `can_upload` is not documented. It means "stored" only together with a status that bytes must have caused.
    const stored = image.can_upload === false && (image.status === 'READY' || image.status === 'PROCESSING');
    let discarded: Promise<void> | undefined;
    const discard = (): Promise<void> => {
      // Stored, and so whatever its status.
      discarded ??= deleteRecord(context, image.id, shared && { idempotencyKey: shared.idempotencyKey });
      return discarded;
    };
    // A record stored by an earlier request is not ours to delete.
    return {
      image,
      uploadUrl,
      stored,
      rollback: stored ? nothing : () => rollBack(image.id),
      discard: stored ? nothing : discard,
    };
  } catch (error) {
    const created = responseLost ? await findByKey(context, body, shared) : undefined;
    if (created) await rollBack(created.id);
    throw error;
  }
}

/** Finds the record of a create call that has failed, and may have created it. A call with the same key returns it. */
async function findByKey(
  context: CreateContext,
  body: CreateBody,
  shared: SharedKey | undefined,
): Promise<ImageRecord | undefined> {
  try {
    return (await context.service.create(body)).image;
  } catch (error) {
    const { idempotency_key: idempotencyKey } = body;
    context.reportRollbackFailure({
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...shared,
      error,
    });
    return undefined;
  }
}

/**
 * Deletes a record, unless another request with the same key has stored its bytes meanwhile. If that cannot be known, the record
 * is left and reported. That costs less than the loss of an image whose client believes it stored.
 */
async function deletePending(context: CreateContext, imageId: string, shared: SharedKey): Promise<void> {
  const { service, retries, reportRollbackFailure } = context;
  try {
    const { status } = await retry(retries, undefined, () => service.retrieve(imageId));
    if (status === 'PENDING') await deleteRecord(context, imageId, shared);
  } catch (error) {
    // Another request with the same key deleted it.
    if (isImgwireError(error) && error.code === 'IMAGE_NOT_FOUND') return;
    reportRollbackFailure({ imageId, ...shared, error });
  }
}

/** What is reported of a record whose key is the user's. */
type SharedKey = Required<Pick<RollbackFailure, 'idempotencyKey'>> & Pick<RollbackFailure, 'onlyIfPending'>;

/** Deletes a record that no caller gets. Never rejects: a failed delete is reported. */
export function deleteRecord(
  { service, retries, shutdown, reportRollbackFailure }: CreateContext,
  imageId: string,
  shared?: SharedKey,
): Promise<void> {
  const durationMs = startClock();
  const work = retry(retries, undefined, async () => service.delete(checkImageId('discard()', imageId))).then(
    () => publish('imgwire:upload:rolled-back', () => ({ imageId, durationMs: durationMs() })),
    (error: unknown) => reportRollbackFailure({ imageId, ...shared, error }),
  );
  return shutdown.track(work);
}
