import { AsyncResource } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { Cancellation, type Signal, whenAborted } from '../cancellation.ts';
import { isImgwireError } from '../errors.ts';
import { backoff, sleep } from '../service/retry.ts';
import type { CreateBody } from '../service/service.ts';
import { isStale } from '../service/upstream-error.ts';
import { type CreatedRecord, createWithCallbacks } from './before-create.ts';
import type { Context } from './context.ts';
import type { CreatedUpload } from './created-upload.ts';
import { put, type UpstreamCost } from './put.ts';
import { isCopyLost } from './replay/copies.ts';
import type { Reservation } from './reservation.ts';
import type { LengthSource, UploadBody } from './upload-body.ts';

/** What the record is created with, except the length: that is the body's. */
export type RecordFields = Omit<CreateBody, 'content_length'> & Required<Pick<CreateBody, 'mime_type'>>;

/** A stored upload. */
export interface Transferred {
  readonly created: CreatedUpload;
  /** Bytes stored. */
  readonly length: number;
  /** How we knew the length of the successful PUT. */
  readonly lengthSource: LengthSource;
  readonly cost: Readonly<UpstreamCost>;
}

/**
 * Creates the record and PUTs the bytes, and retries where that helps:
 * - the computed length was wrong: a new record with the true length, from the replay copy;
 * - the object storage rejected the presigned URL (403, it expires): a new record, since there is no call for a new URL;
 * - the object storage failed transiently: the same record and URL, after a backoff;
 * - it had closed the idle connection: the same, at once, and not counted as an attempt.
 *
 * On failure no record is left.
 *
 * @param fieldsFor called for each record: the hash of a file may only be known for its second
 * @throws ImgwireError like create and put
 */
export async function transfer(
  context: Context,
  first: UploadBody,
  fieldsFor: () => RecordFields,
  signal: Signal,
  reservation: Reservation,
): Promise<Transferred> {
  const { mime_type: mimetype, idempotency_key: ownKey } = fieldsFor();
  let content = ownKey === undefined ? first : keepingSlot(first);
  let created: CreatedRecord | undefined;
  const cost: UpstreamCost = { records: 0, puts: 0, bytesSent: 0 };
  try {
    for (let attempt = 1; ; ) {
      if (!created) {
        const body = createBody(fieldsFor(), content);
        created = await createWithCallbacks(context, body, ownKey !== undefined, signal);
        if (!created.stored) cost.records += 1;
      }
      try {
        await (created.stored
          ? drain(content, reservation)
          : send(context, created, content, mimetype, signal, reservation, cost));
        created.settled?.();
        return { created, length: content.length, lengthSource: content.lengthSource, cost };
      } catch (error) {
        const isReclaimed = error === RECLAIMED;
        const rollBack = async (): Promise<void> => {
          const left = created;
          created = undefined;
          await left?.rollback(true);
        };
        // In this order: no more records may be PENDING than there are slots.
        const giveBack = (): Promise<void> => rollBack().then(() => reservation.releaseSlot());
        const receive = receiver(content, isReclaimed, reservation, giveBack);
        if (isReclaimed && content.replay) content = await receive(content.replay);
        else {
          const next = await planRetry(context, content, error, attempt, signal, receive);
          if (!isStale(error)) attempt += 1;
          if (next.newRecord) await rollBack();
          content = next.content;
        }
        const { origin = 'here' } = content;
        if (!reservation.tryTake(origin)) await reservation.takeLater(origin);
      }
    }
  } catch (error) {
    await created?.rollback();
    throw error;
  }
}

/**
 * A file with the user's key keeps its slot, however slow its client is. Another request with the key may have the record too,
 * and its bytes could be stored just before it is deleted.
 */
const keepingSlot = ({ yields: _yields, ...content }: UploadBody): UploadBody => content;

/** Why we ended the PUT of a slow client: another file needs its slot. */
const RECLAIMED = new Error('The client has become slow: its file is received before it is sent');

/** PUTs a file. Its slot may go to another file while it arrives, if its client is slow. */
function send(
  context: Context,
  created: CreatedUpload,
  content: UploadBody,
  mimetype: string,
  signal: Signal,
  reservation: Reservation,
  cost: UpstreamCost,
): Promise<void> {
  const { yields } = content;
  if (!yields || signal.aborted) return put(context, created, content, mimetype, signal, cost);
  const ending = new Cancellation();
  const removeListener = whenAborted(signal, ending.abort);
  reservation.onSlotNeeded(() => {
    if (!yields()) return false;
    ending.abort(RECLAIMED);
    return true;
  });
  return put(context, created, content, mimetype, ending, cost).finally(() => {
    removeListener();
    reservation.onSlotNeeded(undefined);
  });
}

/**
 * Receives the rest of a file, to send it again. If its client is slow its slot may go to another file: its record would be
 * PENDING for as long as the client likes.
 */
const receiver =
  ({ yields }: UploadBody, isReclaimed: boolean, reservation: Reservation, giveBack: () => Promise<void>) =>
  async (replay: NonNullable<UploadBody['replay']>): Promise<UploadBody> => {
    let givenBack = isReclaimed ? giveBack() : undefined;
    // The request that needs the slot calls it, but the events are of this one.
    const giveBackHere = AsyncResource.bind(giveBack);
    const yieldsNow = (): boolean => {
      if (!yields?.()) return false;
      givenBack = giveBackHere();
      return true;
    };
    if (!isReclaimed) reservation.onSlotNeeded(yieldsNow);
    try {
      return await replay(isReclaimed);
    } finally {
      reservation.onSlotNeeded(undefined);
      await givenBack;
    }
  };

/** Drains a file that is stored already, for which it needs no slot. */
function drain(content: UploadBody, reservation: Reservation): Promise<void> {
  reservation.releaseSlot();
  return content.drain();
}

const REJECTED_URL = new Set([403, 404, 409]);

/** One key per record, the same in every retry of its create call. */
const createBody = (
  fields: RecordFields,
  { length }: UploadBody,
): CreateBody & { readonly idempotency_key: string } => ({
  ...fields,
  idempotency_key: fields.idempotency_key ?? randomUUID(),
  content_length: length,
});

/** Returns what to send after a failed PUT, and whether under a new record. @throws the error if a retry cannot help */
async function planRetry(
  { retries }: Context,
  content: UploadBody,
  error: unknown,
  attempt: number,
  signal: Signal,
  receive: (replay: NonNullable<UploadBody['replay']>) => Promise<UploadBody>,
): Promise<{ readonly content: UploadBody; readonly newRecord: boolean }> {
  const { code, upstreamStatus } = isImgwireError(error) ? error : {};
  // 404 and 409: another request with the same key deleted the record, or was faster.
  const expired = REJECTED_URL.has(upstreamStatus ?? 0) && attempt < retries.maxAttempts;
  const misjudged = code === 'LENGTH_REQUIRED';
  const stale = isStale(error);
  const waitMs = misjudged || expired || stale ? 0 : backoff(error, attempt, retries.maxAttempts);
  if (signal.aborted || !content.replay || waitMs === undefined) throw error;
  const next = await receive(content.replay).catch((failure: unknown) => {
    // The copy was an insurance. Its own failure counts only if nothing else could help.
    throw isCopyLost(failure) && !misjudged ? error : failure;
  });
  // Neither is a failure of the service: a form whose fields follow its file, and an idle connection that was closed.
  if (!misjudged && !stale) retries.onRetry?.(error, attempt, waitMs);
  await sleep(waitMs, signal);
  return {
    content: stale ? { ...next, connection: 'new' } : next,
    newRecord: expired || next.length !== content.length,
  };
}
