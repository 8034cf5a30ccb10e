import type { Signal } from '../cancellation.ts';
import { ImgwireError, isImgwireError } from '../errors.ts';
import { asExisting, type ImgwireImage, toImage } from '../image/image.ts';
import { extensionOf, type ImageType, type Orientation } from '../inspect/inspect.ts';
import { checkMetadata, metadataBody } from '../rules/metadata.ts';
import type { FileInfo, FileRules, UploadMetadata } from '../rules/rules.ts';
import { untilAborted } from '../service/deadline.ts';
import type { ImageRecord } from '../service/service.ts';
import { type AcceptedImage, acceptImage, ImageProbe } from './accept.ts';
import type { Context } from './context.ts';
import type { CreatedUpload } from './created-upload.ts';
import { type FileEvent, publish, startClock } from './events.ts';
import { findLength, type Means, readToEnd } from './find-length.ts';
import { hashed } from './hash.ts';
import { arrivedHead, readAhead } from './read-ahead.ts';
import { inMemory } from './replay/replayable-body.ts';
import { Reservation } from './reservation.ts';
import { Scan, type ScanFile } from './scan.ts';
import { limited } from './stream-source.ts';
import { type RecordFields, type Transferred, transfer } from './transfer.ts';
import type { FileSource, LengthSource, StreamInspector, UploadBody } from './upload-body.ts';
import { waitUntilReady } from './wait-until-ready.ts';

/** A file as its client declared it, before we have inspected a byte of it. */
export interface IncomingFile extends FileSource {
  readonly fieldname: string;
  /** The client's name of the file, without the path that some send. */
  readonly originalname: string;
  readonly encoding: string;
  /** The MIME type that the bytes must have, as a backend declares it. A client's says nothing. @default any */
  readonly declaredType?: string | undefined;
}

/** A file of a form, stored at Imgwire. */
export interface ReceivedFile {
  /** The form field; empty for a body that is the file itself. */
  readonly fieldname: string;
  /** The client's name of the file. */
  readonly originalname: string;
  /** The encoding that the part declared; `7bit` if it declared none. */
  readonly encoding: string;
  /** The type, from the bytes: what the client declares is ignored. */
  readonly mimetype: ImageType;
  /** The size of the stored file, in bytes. */
  readonly size: number;
  /** Width of the largest image in the file, in pixels as stored, if known for certain. */
  readonly width?: number;
  /** Height of that image, likewise. */
  readonly height?: number;
  /**
   * The EXIF orientation, if a JPEG or TIFF has one. Browsers turn the pixels by it: 5 to 8 swap width and height when
   * it is shown.
   */
  readonly orientation?: Orientation;
  /** The SHA-256 of the stored bytes, in hex, with the rule `hashAlgorithm: 'sha256'`. */
  readonly sha256?: string;
  /** How we knew the length before we sent the bytes. */
  readonly lengthSource: LengthSource;
  /**
   * Set if an earlier upload with the same `idempotencyKey` has stored the image. The bytes of this file were then not used.
   * `mimetype`, `size`, `width`, `height` and `sha256` are those of the record, as far as it has them.
   */
  readonly existing?: true;
  /** The image at Imgwire. */
  readonly image: ImgwireImage;
  /**
   * Deletes the image, once. It keeps one that is `existing`, or that another upload of the process has with the same
   * `idempotencyKey`. Never rejects: see `onRollbackFailed` for a delete that fails.
   */
  discard(): Promise<void>;
}

/** One file to be stored, and how. */
export interface FileUpload {
  readonly file: IncomingFile;
  readonly rules: FileRules;
  /** Returns the metadata of the image. @default none */
  readonly metadata?: ((image: Omit<FileInfo, 'fields'>) => Promise<UploadMetadata | undefined>) | undefined;
  /** Scans the bytes, see `UploadRules.scan`. @default none */
  readonly scan?: ScanFile | undefined;
  /** Aborts the upload with its reason. */
  readonly signal: Signal;
  /** Called when the file has its slot, or needs none any more. */
  readonly onSlot?: (() => void) | undefined;
}

/**
 * Stores one file at Imgwire. This is only the sequence: each step is in the file of its name, with its rollback.
 * When a step fails, nothing of the file is left.
 *
 * @throws ImgwireError with `field` and `fileName`, or the error of `metadata`
 */
export async function storeFile(context: Context, upload: FileUpload): Promise<ReceivedFile> {
  const { file, rules, signal } = upload;
  const { fieldname, originalname, encoding } = file;
  const about = { field: fieldname, fileName: originalname };
  const durationMs = startClock();
  try {
    const { created, sent, cost } = await send(context, upload, about, durationMs);
    const record =
      rules.readyTimeoutMs === undefined
        ? created.image
        : await waitOrDiscard(context, created, rules, signal);
    const stored = created.stored ? factsOf(record, rules) : sent;
    const image = created.stored ? asExisting(toImage(record)) : toImage(record);
    publish('imgwire:upload:stored', () => {
      const { mimetype, size, lengthSource, existing } = stored;
      const facts = { mimetype, size, lengthSource, ...(existing && { existing }), ...cost };
      return { ...about, imageId: image.id, ...facts, durationMs: durationMs() };
    });
    return { fieldname, originalname, encoding, ...stored, image, discard: created.discard };
  } catch (error) {
    publish('imgwire:upload:failed', () => ({ ...about, error, durationMs: durationMs() }));
    // A reason that ended the whole request is not about this file.
    throw signal.aborted ? error : withFile(error, fieldname, originalname);
  }
}

/** Sends a file. A separate function: the wait for READY retains none of its bytes, and holds no slot and no memory. */
async function send(
  context: Context,
  { file, rules, metadata, scan: scanFile, signal, onSlot }: FileUpload,
  about: FileEvent,
  durationMs: () => number,
): Promise<Pick<Transferred, 'created' | 'cost'> & { readonly sent: StoredFile }> {
  const reservation = new Reservation(context.capacity, rules.fileSize, signal, about);
  const scan = scanFile && new Scan(scanFile, rules.scanTimeoutMs, signal);
  try {
    const { read, hash } = hashed(limited(file.read, rules.fileSize), rules);
    const source = { ...file, read };
    const withMetadata =
      metadata && ((info: Omit<FileInfo, 'fields'>) => untilAborted(signal, () => metadata(info)));
    const means = { copies: context.copies, reservation };
    const { accepted, fields, content } = await prepare(means, source, rules, withMetadata, scan);
    try {
      if (!reservation.tryTake('here')) await reservation.takeLater('here');
      onSlot?.();
      const { mimetype } = accepted;
      publish('imgwire:upload:started', () => {
        const { length, lengthSource } = content;
        const { queuedMs } = reservation;
        return { ...about, mimetype, length, lengthSource, queuedMs, durationMs: durationMs() };
      });
      const fieldsFor = (): RecordFields => withHash(fields, hash().sha256);
      const sent = await transfer(context, content, fieldsFor, signal, reservation);
      const { created, cost, length: size, lengthSource } = sent;
      return { created, cost, sent: { mimetype, ...accepted.size(), size, ...hash(), lengthSource } };
    } finally {
      if (content.close) await content.close();
    }
  } catch (error) {
    throw scan ? scan.causeOf(error) : error;
  } finally {
    scan?.close();
    reservation.release();
    onSlot?.();
  }
}

/** What we know of the stored bytes. */
type StoredFile = Omit<ReceivedFile, 'fieldname' | 'originalname' | 'encoding' | 'image' | 'discard'>;

/** Takes the facts from the record of an earlier upload. The bytes of this one may be others, and only some of them were read. */
function factsOf(record: ImageRecord, { hashAlgorithm: hash }: FileRules): StoredFile {
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

/** Finds out what the record is created with. A separate function, so that sending does not retain the read-ahead. */
async function prepare(
  means: Means,
  file: IncomingFile,
  rules: FileRules,
  metadata: FileUpload['metadata'],
  scan: Scan | undefined,
): Promise<{
  readonly accepted: AcceptedImage;
  readonly fields: RecordFields;
  readonly content: UploadBody;
}> {
  const { fieldname, originalname } = file;
  // A small file has often arrived with its headers: then there is nothing to wait for.
  const whole = rules.hashAlgorithm
    ? undefined
    : file.takeWhole?.(Math.min(rules.readAheadBytes, rules.fileSize));
  const { reservation } = means;
  // The bytes of the backend's own file are not ours to count.
  const counting = file.seekable ? undefined : reservation;
  const probe = probeOf(file, rules);
  const head = whole
    ? arrivedHead(whole, reservation)
    : await readAhead(file, rules.readAheadBytes, counting, probe);
  const accepted = acceptImage(head, rules, file.declaredType, probe);
  const kept = head.ended ? inMemory(head.bytes, 'read-ahead') : undefined;
  const ending = kept && accepted.end(kept);
  if (ending) await ending;
  const { mimetype } = accepted;
  const info = { fieldname, originalname, mimetype, ...accepted.size() };
  const fields = recordFields(metadata && (await metadata(info)), originalname, mimetype);
  const watch = scan ? await scanned(accepted, scan, info, head.bytes) : accepted;
  if (scan && kept) await scan.end();
  // Another request with the user's key has the same record, and would lose it if this client left in the middle.
  const known = fields.idempotency_key === undefined ? file : { ...file, likelihood: lessThanCertain(file) };
  const content = whole && kept && head.isCounted ? kept : await findLength(known, head, rules, watch, means);
  // The backend's own file is sent from its source; only its head was read.
  if (rules.hashAlgorithm && file.seekable) await readToEnd(file);
  return { accepted, fields, content };
}

/** Starts the scan of a file with its first bytes. Returns what passes the others to both. */
async function scanned(
  accepted: AcceptedImage,
  scan: Scan,
  info: Omit<FileInfo, 'fields'>,
  first: Uint8Array,
): Promise<StreamInspector> {
  scan.start(info);
  await scan.pass(first);
  return {
    pass: (chunk) => {
      accepted.pass(chunk);
      return scan.pass(chunk);
    },
    end: async (whole) => {
      await accepted.end(whole);
      await scan.end();
    },
  };
}

/**
 * A probe for a file whose record may be created before its end. Its length must be as good as certain, it can be sent again, and
 * the record needs nothing of its last bytes.
 */
function probeOf(
  { expectedLength, likelihood }: IncomingFile,
  { replay, hashAlgorithm, fileSize }: FileRules,
): ImageProbe | undefined {
  const isCertain = likelihood === 'very likely' && expectedLength !== undefined;
  return isCertain && replay && !hashAlgorithm && expectedLength <= fileSize
    ? new ImageProbe(expectedLength)
    : undefined;
}

/** So likely that it is no reason to create a record early. */
const lessThanCertain = ({ likelihood }: IncomingFile): IncomingFile['likelihood'] =>
  likelihood === 'very likely' ? 'likely' : likelihood;

/** Waits until the image is READY, and deletes one that does not become so. */
async function waitOrDiscard(
  context: Context,
  created: CreatedUpload,
  { readyTimeoutMs: timeoutMs }: FileRules,
  signal: Signal,
): Promise<ImageRecord> {
  return waitUntilReady(context, created.image.id, { timeoutMs, signal }).catch(async (error: unknown) => {
    await created.discard();
    // The client did not ask for an image: the service has lost the one it received.
    if (!isImgwireError(error) || error.code !== 'IMAGE_NOT_FOUND') throw error;
    const { cause, upstreamStatus, upstreamType } = error;
    throw new ImgwireError('UPSTREAM_REJECTED', { cause, upstreamStatus, upstreamType });
  });
}

function recordFields(
  metadata: UploadMetadata | undefined,
  originalname: string,
  mimetype: ImageType,
): RecordFields {
  const fileName = originalname || `upload.${extensionOf(mimetype)}`;
  const fields = { file_name: fileName, mime_type: mimetype };
  return metadata === undefined ? fields : { ...fields, ...metadataBody(checkMetadata(metadata)) };
}

const withHash = (fields: RecordFields, sha256: string | undefined): RecordFields =>
  sha256 === undefined ? fields : { hash_sha256: sha256, ...fields };

function withFile(error: unknown, field: string, fileName: string): unknown {
  if (!isImgwireError(error) || !field) return error;
  const { code, message, cause, retryAfter, issues, upstreamStatus, upstreamType } = error;
  return new ImgwireError(code, {
    ...{ message, cause, retryAfter, issues, upstreamStatus, upstreamType },
    ...{ field, fileName },
  });
}
