import type { Signal } from '../base/cancellation.ts';
import { ImgwireUploadError, isImgwireUploadError } from '../base/errors.ts';
import { asExisting, type ImgwireImage, toImage } from '../image/image.ts';
import { extensionOf, type ImageType } from '../inspect/inspect.ts';
import { checkMetadata, metadataBody } from '../rules/metadata.ts';
import type { FileInfo, FileRules, UploadMetadata } from '../rules/rules.ts';
import { untilAborted } from '../service/deadline.ts';
import type { ImageRecord } from '../service/service.ts';
import { type AcceptedImage, acceptImage } from './accept.ts';
import { Admission } from './admission.ts';
import type { Connection } from './connection.ts';
import type { Content, FileSource, LengthSource } from './content.ts';
import type { Created } from './create.ts';
import { type FileEvent, publish, startClock } from './events.ts';
import { hashed } from './hash.ts';
import { exhaust, type Means, measure } from './length.ts';
import { arrivedHead, readAhead } from './read-ahead.ts';
import { inMemory } from './repeatable.ts';
import { limited } from './stream-source.ts';
import { type Label, transfer } from './transfer.ts';
import { waitUntilReady } from './wait-until-ready.ts';

/** An incoming file as its client declared it, before any byte of it was inspected. */
export interface IncomingFile extends FileSource {
  readonly fieldname: string;
  /** Without the path that some clients send. */
  readonly originalname: string;
  readonly encoding: string;
  /** The MIME type that the bytes must be of, as a backend declares it; a client's says nothing. @default any */
  readonly declaredType?: string | undefined;
}

/** A file of a form, stored at Imgwire. */
export interface ReceivedFile {
  /** The form field. */
  readonly fieldname: string;
  /** The client's name of the file. */
  readonly originalname: string;
  /** As declared by the part; `7bit` if it declared none. */
  readonly encoding: string;
  /** From the bytes, not as declared by the client. */
  readonly mimetype: ImageType;
  /** Bytes stored. */
  readonly size: number;
  /** Pixels of the largest picture in the file, if known for certain. */
  readonly width?: number;
  readonly height?: number;
  /** Hash of the stored bytes, in hex, with the rule `hash: 'sha256'`. */
  readonly sha256?: string;
  /** How the length was known before the bytes were sent. */
  readonly lengthSource: LengthSource;
  /**
   * Set if an earlier upload with the same `idempotencyKey` has stored the image. The bytes of this file were then not used:
   * `mimetype`, `size`, `width`, `height` and `sha256` are those of the record, as far as it has them.
   */
  readonly existing?: true;
  readonly image: ImgwireImage;
  /**
   * Deletes the image, once; not one that is `existing`, which others use. Never rejects: a failed delete is reported, see
   * `onUndoFailed`.
   */
  discard(): Promise<void>;
}

/**
 * Stores one file at Imgwire. This is only the sequence; each step is in the file of its name, with its undo.
 * When a step fails, nothing of the file is left.
 *
 * @param onAdmitted called when the file has its place for the transfer, or needs none any more
 * @throws ImgwireUploadError with `field` and `fileName`, or the error of `metadata`
 */
export async function storeFile(
  connection: Connection,
  file: IncomingFile,
  rules: FileRules,
  metadata: ((image: Omit<FileInfo, 'fields'>) => Promise<UploadMetadata | undefined>) | undefined,
  signal: Signal,
  onAdmitted?: () => void,
): Promise<ReceivedFile> {
  const { fieldname, originalname, encoding } = file;
  const about = { field: fieldname, fileName: originalname };
  const durationMs = startClock();
  try {
    const { created, sent } = await send(
      connection,
      file,
      about,
      rules,
      metadata,
      signal,
      durationMs,
      onAdmitted,
    );
    const record =
      rules.readyTimeoutMs === undefined ? created.image : await settled(connection, created, rules, signal);
    const stored = created.stored ? factsOf(record, rules) : sent;
    const image = created.stored ? asExisting(toImage(record)) : toImage(record);
    publish('imgwire:upload:stored', () => {
      const { mimetype, size, lengthSource, existing } = stored;
      const facts = { mimetype, size, lengthSource, ...(existing && { existing }) };
      return { ...about, imageId: image.id, ...facts, durationMs: durationMs() };
    });
    return { fieldname, originalname, encoding, ...stored, image, discard: created.discard };
  } catch (error) {
    publish('imgwire:upload:failed', () => ({ ...about, error, durationMs: durationMs() }));
    // A reason that ended the whole request is not about this file.
    throw signal.aborted ? error : located(error, fieldname, originalname);
  }
}

/** Sends a file. A separate function: while the image is waited for to be READY, nothing is retained, and nothing taken of the budget. */
async function send(
  connection: Connection,
  file: IncomingFile,
  about: FileEvent,
  rules: FileRules,
  metadata: ((image: Omit<FileInfo, 'fields'>) => Promise<UploadMetadata | undefined>) | undefined,
  signal: Signal,
  durationMs: () => number,
  onAdmitted?: () => void,
): Promise<{ readonly created: Created; readonly sent: StoredFile }> {
  const admission = new Admission(connection.budget, rules.fileSize, signal, about);
  try {
    const { read, hash } = hashed(limited(file.read, rules.fileSize), rules);
    const source = { ...file, read };
    const labelled =
      metadata && ((info: Omit<FileInfo, 'fields'>) => untilAborted(signal, () => metadata(info)));
    const means = { copies: connection.copies, admission };
    const { accepted, label, content } = await prepare(means, source, rules, labelled);
    try {
      if (!admission.tryTake('here')) await admission.wait('here');
      onAdmitted?.();
      const { mimetype } = accepted;
      publish('imgwire:upload:measured', () => {
        const { length, lengthSource } = content;
        const { queuedMs } = admission;
        return { ...about, mimetype, length, lengthSource, queuedMs, durationMs: durationMs() };
      });
      const labelOf = (): Label => withHash(label, hash().sha256);
      const sent = await transfer(connection, content, labelOf, signal, admission);
      const { created, length: size, lengthSource } = sent;
      return { created, sent: { mimetype, ...accepted.size(), size, ...hash(), lengthSource } };
    } finally {
      if (content.close) await content.close();
    }
  } finally {
    admission.release();
    onAdmitted?.();
  }
}

/** What is known of the bytes that are stored. */
type StoredFile = Omit<ReceivedFile, 'fieldname' | 'originalname' | 'encoding' | 'image' | 'discard'>;

/** What the record of an earlier upload says of its bytes. Those of this one may be others, and only some of them were read. */
function factsOf(record: ImageRecord, { hash }: FileRules): StoredFile {
  const { mime_type: mimetype, size_bytes: size, width, height, hash_sha256: sha256 } = record;
  return {
    mimetype,
    // 0 until the service has processed the image.
    ...(width > 0 && height > 0 && { width, height }),
    size,
    ...(hash && sha256 !== null && { sha256 }),
    lengthSource: 'record',
    existing: true,
  };
}

/** What is known of a file before its record is created. A separate function, so that the head is not retained while sending. */
async function prepare(
  means: Means,
  file: IncomingFile,
  rules: FileRules,
  metadata: ((image: Omit<FileInfo, 'fields'>) => Promise<UploadMetadata | undefined>) | undefined,
): Promise<{ readonly accepted: AcceptedImage; readonly label: Label; readonly content: Content }> {
  const { fieldname, originalname } = file;
  // A small file has often arrived with its headers: then there is nothing to wait for.
  const whole = rules.hash ? undefined : file.takeWhole?.(Math.min(rules.readAheadBytes, rules.fileSize));
  const { admission } = means;
  // The bytes of the backend's own file are not ours to count.
  const counting = file.content ? undefined : admission;
  const head = whole ? arrivedHead(whole, admission) : await readAhead(file, rules.readAheadBytes, counting);
  const accepted = acceptImage(head, rules, file.declaredType);
  const kept = head.ended ? inMemory(head.bytes, 'read-ahead') : undefined;
  const ending = kept && accepted.end(kept);
  if (ending) await ending;
  const { mimetype } = accepted;
  const info = { fieldname, originalname, mimetype, ...accepted.size() };
  const label = toLabel(metadata && (await metadata(info)), originalname, mimetype);
  const content = whole && kept && head.isCounted ? kept : await measure(file, head, rules, accepted, means);
  // The backend's own file is sent from its source; only its head was read.
  if (rules.hash && file.content) await exhaust(file);
  return { accepted, label, content };
}

/** Waits until the image is READY, and deletes one that does not become so. */
async function settled(
  connection: Connection,
  created: Created,
  { readyTimeoutMs: timeoutMs }: FileRules,
  signal: Signal,
): Promise<ImageRecord> {
  return waitUntilReady(connection, created.image.id, { timeoutMs, signal }).catch(async (error: unknown) => {
    await created.discard();
    // The client did not ask for an image: the service has lost the one it received.
    if (!isImgwireUploadError(error) || error.code !== 'IMAGE_NOT_FOUND') throw error;
    const { cause, upstreamStatus, upstreamType } = error;
    throw new ImgwireUploadError('UPSTREAM_REJECTED', { cause, upstreamStatus, upstreamType });
  });
}

function toLabel(metadata: UploadMetadata | undefined, originalname: string, mimetype: ImageType): Label {
  const fileName = originalname || `upload.${extensionOf(mimetype)}`;
  const label = { file_name: fileName, mime_type: mimetype };
  return metadata === undefined ? label : { ...label, ...metadataBody(checkMetadata(metadata)) };
}

const withHash = (label: Label, sha256: string | undefined): Label =>
  sha256 === undefined ? label : { hash_sha256: sha256, ...label };

function located(error: unknown, field: string, fileName: string): unknown {
  if (!isImgwireUploadError(error) || !field) return error;
  const { code, message, cause, retryAfter, upstreamStatus, upstreamType } = error;
  return new ImgwireUploadError(code, {
    ...{ message, cause, retryAfter, upstreamStatus, upstreamType },
    ...{ field, fileName },
  });
}
