import { AsyncResource } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { Cancellation, type Signal, whenAborted } from '../base/cancellation.ts';
import { isImgwireUploadError } from '../base/errors.ts';
import { backoff, pause } from '../service/retry.ts';
import type { CreateBody } from '../service/service.ts';
import type { Admission } from './admission.ts';
import { type AnnouncedRecord, announced } from './announce.ts';
import type { Connection } from './connection.ts';
import type { Content, LengthSource } from './content.ts';
import { isCopyLost } from './copies.ts';
import type { Created } from './create.ts';
import { put } from './put.ts';

/** What the record is created with, except the length, which belongs to the content. */
export type Label = Omit<CreateBody, 'content_length'> & Required<Pick<CreateBody, 'mime_type'>>;

/** A stored upload. */
export interface Transferred {
  readonly created: Created;
  /** Bytes stored. */
  readonly length: number;
  /** How the length of the successful PUT was known. */
  readonly lengthSource: LengthSource;
}

/**
 * Creates the record and PUTs the bytes, and retries where that helps:
 * - the computed length was wrong: a new record with the true length, from the copy;
 * - the store rejected the presigned URL (403, it expires): a new record, since there is no call for a new URL;
 * - the store failed transiently: the same record and URL, after a backoff.
 *
 * On failure no record is left.
 *
 * @param labelOf called for each record: the hash of a file may only be known for its second
 * @throws ImgwireUploadError like create and put
 */
export async function transfer(
  connection: Connection,
  first: Content,
  labelOf: () => Label,
  signal: Signal,
  admission: Admission,
): Promise<Transferred> {
  const { mime_type: mimetype, idempotency_key: ownKey } = labelOf();
  let content = ownKey === undefined ? first : keepingPlace(first);
  let created: AnnouncedRecord | undefined;
  try {
    for (let attempt = 1; ; ) {
      created ??= await announced(connection, createBody(labelOf(), content), ownKey !== undefined, signal);
      try {
        await (created.stored
          ? drain(content, admission)
          : send(connection, created, content, mimetype, signal, admission));
        created.settled?.();
        return { created, length: content.length, lengthSource: content.lengthSource };
      } catch (error) {
        const isReclaimed = error === RECLAIMED;
        const undo = async (): Promise<void> => {
          const left = created;
          created = undefined;
          await left?.undo();
        };
        // In this order: at Imgwire no more may be pending than there are places.
        const giveBack = (): Promise<void> => undo().then(() => admission.leave());
        const receive = receiver(content, isReclaimed, admission, giveBack);
        if (isReclaimed && content.again) content = await receive(content.again);
        else {
          const next = await remedy(connection, content, error, attempt++, signal, receive);
          if (next.anew) await undo();
          content = next.content;
        }
        const { origin = 'here' } = content;
        if (!admission.tryTake(origin)) await admission.wait(origin);
      }
    }
  } catch (error) {
    await created?.undo();
    throw error;
  }
}

/**
 * A file with the user's key keeps its place, however slow its client is: another request with the key may have the record too, and
 * its bytes could be stored just before it is deleted.
 */
const keepingPlace = ({ yields: _yields, ...content }: Content): Content => content;

/** Why the PUT of a file has ended whose place another needs. */
const RECLAIMED = new Error('The client has become slow: its file is received before it is sent');

/** The PUT of a file, whose place may go to another while it arrives and its client is slow. */
function send(
  connection: Connection,
  created: Created,
  content: Content,
  mimetype: string,
  signal: Signal,
  admission: Admission,
): Promise<void> {
  const { yields } = content;
  if (!yields || signal.aborted) return put(connection, created, content, mimetype, signal);
  const ending = new Cancellation();
  const removeListener = whenAborted(signal, ending.abort);
  admission.onPlaceNeeded(() => {
    if (!yields()) return false;
    ending.abort(RECLAIMED);
    return true;
  });
  return put(connection, created, content, mimetype, ending).finally(() => {
    removeListener();
    admission.onPlaceNeeded(undefined);
  });
}

/**
 * Receives the rest of a file, to send it again. While its client is slow its place may go to another: its record would be pending
 * for as long as the client likes.
 */
const receiver =
  ({ yields }: Content, isReclaimed: boolean, admission: Admission, giveBack: () => Promise<void>) =>
  async (again: NonNullable<Content['again']>): Promise<Content> => {
    let givenBack = isReclaimed ? giveBack() : undefined;
    // The request that needs the place calls it, but the events are of this one.
    const giveBackHere = AsyncResource.bind(giveBack);
    const yieldsNow = (): boolean => {
      if (!yields?.()) return false;
      givenBack = giveBackHere();
      return true;
    };
    if (!isReclaimed) admission.onPlaceNeeded(yieldsNow);
    try {
      return await again(isReclaimed);
    } finally {
      admission.onPlaceNeeded(undefined);
      await givenBack;
    }
  };

/** Receives a file that is stored already, for which it needs no place. */
function drain(content: Content, admission: Admission): Promise<void> {
  admission.leave();
  return content.drain();
}

const REFUSED_URL = new Set([403, 404, 409]);

/** One key per record, the same in every retry of its create call. */
const createBody = (
  label: Label,
  { length }: Content,
): CreateBody & { readonly idempotency_key: string } => ({
  ...label,
  idempotency_key: label.idempotency_key ?? randomUUID(),
  content_length: length,
});

/** What to send after a failed PUT, and whether under a new record. Throws the error if a retry cannot help. */
async function remedy(
  { retries }: Connection,
  content: Content,
  error: unknown,
  attempt: number,
  signal: Signal,
  receive: (again: NonNullable<Content['again']>) => Promise<Content>,
): Promise<{ readonly content: Content; readonly anew: boolean }> {
  const { code, upstreamStatus } = isImgwireUploadError(error) ? error : {};
  // 404 and 409: another request with the same key deleted the record, or was faster.
  const expired = REFUSED_URL.has(upstreamStatus ?? 0) && attempt < retries.maxAttempts;
  const misjudged = code === 'LENGTH_REQUIRED';
  const waitMs = misjudged || expired ? 0 : backoff(error, attempt, retries.maxAttempts);
  if (signal.aborted || !content.again || waitMs === undefined) throw error;
  const again = await receive(content.again).catch((failure: unknown) => {
    // The copy was an insurance, unless it was all that could help.
    throw isCopyLost(failure) && !misjudged ? error : failure;
  });
  // A form whose fields follow its file is no failure.
  if (!misjudged) retries.onRetry?.(error, attempt, waitMs);
  await pause(waitMs, signal);
  return { content: again, anew: expired || again.length !== content.length };
}
