import { randomUUID } from 'node:crypto';
import { Cancellation, type Signal, whenAborted } from '../base/cancellation.ts';
import { type ImgwireErrorCode, isImgwireUploadError } from '../base/errors.ts';
import { backoff, pause } from '../service/retry.ts';
import type { CreateBody } from '../service/service.ts';
import type { Admission } from './admission.ts';
import { type AnnouncedRecord, announced } from './announce.ts';
import type { Connection } from './connection.ts';
import type { Content, LengthSource } from './content.ts';
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
  let content = first;
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
        if (error === RECLAIMED && content.again) {
          const left = created;
          created = undefined;
          content = await receiveFirst(content.again, left);
        } else {
          const next = await remedy(connection, content, error, attempt++, signal, admission);
          if (next.anew) {
            await created.undo();
            created = undefined;
          }
          content = next.content;
        }
        if (!admission.tryTake('here')) await admission.wait('here');
      }
    }
  } catch (error) {
    await created?.undo();
    throw error;
  }
}

/** Why the PUT of a file has ended whose place was given to another. */
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
  const { isSlow } = content;
  if (!isSlow || signal.aborted) return put(connection, created, content, mimetype, signal);
  const ending = new Cancellation();
  const removeListener = whenAborted(signal, ending.abort);
  const onReclaimed = (): void => {
    admission.leave();
    ending.abort(RECLAIMED);
  };
  admission.reclaimableBy({ isSlow, onReclaimed });
  return put(connection, created, content, mimetype, ending).finally(() => {
    removeListener();
    admission.reclaimableBy(undefined);
  });
}

/** Receives the rest of a file whose place was given to another. Its record would be pending for as long as its client likes. */
async function receiveFirst(again: NonNullable<Content['again']>, left: AnnouncedRecord): Promise<Content> {
  const undone = left.undo();
  try {
    return await again(true);
  } finally {
    await undone;
  }
}

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
  admission: Admission,
): Promise<{ readonly content: Content; readonly anew: boolean }> {
  const { code, upstreamStatus } = isImgwireUploadError(error) ? error : {};
  // 404 and 409: another request with the same key deleted the record, or was faster.
  const expired = REFUSED_URL.has(upstreamStatus ?? 0) && attempt < retries.maxAttempts;
  const misjudged = code === 'LENGTH_REQUIRED';
  const waitMs = misjudged || expired ? 0 : backoff(error, attempt, retries.maxAttempts);
  if (signal.aborted || !content.again || waitMs === undefined) throw error;
  const { isSlow } = content;
  if (isSlow) admission.reclaimableBy({ isSlow, onReclaimed: () => admission.leave() });
  const again = await content.again().catch((failure: unknown) => {
    // The copy was an insurance, unless it was all that could help.
    throw isCopyLost(failure) && !misjudged ? error : failure;
  });
  admission.reclaimableBy(undefined);
  // A form whose fields follow its file is no failure.
  if (!misjudged) retries.onRetry?.(error, attempt, waitMs);
  await pause(waitMs, signal);
  return { content: again, anew: expired || again.length !== content.length };
}

const LOST_COPY: ReadonlySet<unknown> = new Set<ImgwireErrorCode>([
  'TEMPORARY_FILE_FAILED',
  'TOO_MANY_UPLOADS',
]);

/** Whether a copy could not be written, or there was no room for it. */
const isCopyLost = (error: unknown): boolean => isImgwireUploadError(error) && LOST_COPY.has(error.code);
