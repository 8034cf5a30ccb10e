import { ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { IncomingMessage } from 'node:http';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { types } from 'node:util';
import { Cancellation, type WithSignal, whenAborted } from '../cancellation.ts';
import { CHUNK_BYTES, chunkReader } from '../chunks.ts';
import type { ImgwireImage } from '../image/image.ts';
import type { ImageTypeLike } from '../inspect/inspect.ts';
import { abortSignal, bytes, flag, hexSha256, misplaced, shape } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertInput } from '../options/validate.ts';
import { isBlob, isReadable } from '../realm-safe.ts';
import { RULE_CHECKS } from '../rules/check-rules.ts';
import { METADATA_CHECKS } from '../rules/metadata.ts';
import { DEFAULT_LIMITS, resolveFileRules } from '../rules/resolve-rules.ts';
import type { LimitOptions, UploadMetadata } from '../rules/rules.ts';
import type { Context } from '../upload/context.ts';
import { inMemory, replayableBody } from '../upload/replay/replayable-body.ts';
import { storeFile } from '../upload/store-file.ts';
import { abortable, fileTooLarge, reader } from '../upload/stream-source.ts';
import type { FileSource, ReadChunk } from '../upload/upload-body.ts';

/**
 * Bytes that your backend holds. For a file on disk, a Blob is best: `await fs.openAsBlob(path)`. A Buffer, Uint8Array or
 * ArrayBuffer is sent from where it is, so leave its bytes alone until the upload has ended.
 */
export type UploadSource = Uint8Array | ArrayBuffer | Blob | Readable | WebStream<Uint8Array>;

/** One upload of bytes that your backend holds. */
export interface UploadInput extends UploadMetadata {
  /** The bytes. */
  readonly file: UploadSource;
  /** The length of a stream, in bytes. The stream is then sent while it is read. A wrong length is an error. */
  readonly contentLength?: number | undefined;
  /**
   * The type that the bytes must have. If the bytes are of another, the upload fails with `UNSUPPORTED_IMAGE_TYPE`, whose message
   * names both. An alias stands for its type. `application/octet-stream` and an empty text declare none.
   * @default none is declared
   */
  readonly mimeType?: ImageTypeLike | undefined;
  /** Accepted MIME types, or aliases such as `image/jpg`. The bytes decide. @default the ten of the service */
  readonly accept?: readonly ImageTypeLike[] | undefined;
  /**
   * `fileSize` is the most bytes of the file. A stream needs a limit, since it often comes from a request. A larger
   * `contentLength` is rejected before a byte is read.
   * @default 52_428_800 (50 MiB) for a stream; none for a Buffer, Uint8Array, ArrayBuffer, Blob or `fs.ReadStream`
   */
  readonly limits?: Pick<LimitOptions, 'fileSize'> | undefined;
  /** Most pixels, width × height of the largest image in the file: see `UploadRules.maxPixels`. @default 250_000_000 */
  readonly maxPixels?: number | undefined;
  /** The SHA-256 of the bytes, 64 hexadecimal digits. It is recorded without verification. @default none */
  readonly hashSha256?: string | undefined;
  /**
   * Whether to keep a replay copy of a stream above the read-ahead: see `UploadRules.replay`. Other sources can be read again,
   * and need none. @default true
   */
  readonly replay?: boolean | undefined;
  /**
   * Whether to wait until the image is READY. A number is the longest wait, in milliseconds; `true` is 60_000. An image that does
   * not become READY is deleted. @default false
   */
  readonly waitUntilReady?: boolean | number | undefined;
  /**
   * Whether to hash the bytes, as `sha256` of the image in hex: see `UploadRules.hashAlgorithm`. A Blob is read twice for it.
   * @default none
   */
  readonly hashAlgorithm?: 'sha256' | undefined;
  /** Aborts the upload with its reason. Nothing of it is left. */
  readonly signal?: AbortSignal | undefined;
}

const file: Check = (value) => {
  if (isHeld(value) || isReadable(value) || isWebStream(value)) return undefined;
  return `a Buffer, Uint8Array, ArrayBuffer, Blob, Readable or web stream${insteadOf(value)}`;
};

/** What to write instead of a promise of the bytes, or of a text. */
function insteadOf(given: unknown): string {
  if (typeof (given as Partial<Promise<unknown>> | null | undefined)?.then === 'function')
    return ', not a promise: write await';
  return typeof given === 'string' ? insteadOfText(given) : '';
}

function insteadOfText(text: string): string {
  if (/^https?:/i.test(text)) return ', not a URL: write uploadViaUrl({ url })';
  if (/^data:/i.test(text)) {
    return ", not a data URL: write Buffer.from(text, 'base64') of what follows its comma";
  }
  return ', not the path of a file: write await openAsBlob(path), from node:fs';
}

/** Any text: it often comes from a client, as `req.file.mimetype` does. */
const declaredType: Check = (value) => (typeof value === 'string' ? undefined : 'a MIME type');

const ofRequests = misplaced('it belongs to imgwireUpload(): check the file before you call upload()');

const CHECKS = {
  file,
  mimeType: declaredType,
  accept: RULE_CHECKS.accept,
  limits: shape({ fileSize: bytes() }),
  maxPixels: RULE_CHECKS.maxPixels,
  contentLength: bytes(),
  hashSha256: hexSha256,
  replay: flag,
  waitUntilReady: RULE_CHECKS.waitUntilReady,
  hashAlgorithm: RULE_CHECKS.hashAlgorithm,
  signal: abortSignal,
  minWidth: ofRequests,
  minHeight: ofRequests,
  scan: ofRequests,
  ...METADATA_CHECKS,
};

/**
 * Uploads bytes that the backend holds. On failure no record is left, and a stream is destroyed. If that is a request, the rest
 * of it is received.
 *
 * @throws ImgwireError `EMPTY_FILE`, `UNSUPPORTED_IMAGE_TYPE`, `TOO_MANY_PIXELS`, `PIXELS_UNKNOWN`, `LIMIT_FILE_SIZE`,
 *   `LENGTH_MISMATCH`, `LENGTH_REQUIRED`, `SOURCE_FAILED` and those of the service; the signal's reason when it aborts; TypeError
 *   for an unsupported source and for wrong metadata
 */
export async function upload(context: Context, input: WithSignal<UploadInput>): Promise<ImgwireImage> {
  assertInput('upload()', input, 'file', CHECKS);
  const { file, contentLength, hashSha256, mimeType, accept, limits, maxPixels, ...others } = input;
  const { replay, waitUntilReady, hashAlgorithm, signal, ...metadata } = others;
  const fileSize = limits?.fileSize ?? defaultFileSize(file);
  const rules = resolveFileRules({ accept, maxPixels, replay, waitUntilReady, hashAlgorithm }, fileSize);
  signal?.throwIfAborted();
  const stream = toStream(file);
  if (stream) ignoreErrors(stream);
  const destroy = (): void => {
    if (stream) release(stream);
  };
  const ending = new Cancellation();
  ending.onAbort(destroy);
  const cleanups = [signal, context.shutdown.signal].map((each) => whenAborted(each, ending.abort));
  try {
    const source = stream ? await streamSource(stream, contentLength) : heldSource(file as Uint8Array | Blob);
    // By its first read, so that subscribers of the events hear of it too.
    const tooLong = lengthOf(source) > fileSize && (async () => Promise.reject(fileTooLarge(fileSize)));
    const read = tooLong || abortable(source.read, ending);
    const { image, sha256 } = await storeFile(
      hashSha256 === undefined ? context : withHash(context, hashSha256.toLowerCase()),
      {
        file: {
          ...source,
          read,
          fieldname: '',
          originalname: nameOf(file),
          encoding: '7bit',
          declaredType: mimeType,
        },
        rules,
        metadata: async () => metadata,
        signal: ending,
      },
    );
    return sha256 === undefined ? image : Object.defineProperty(image, 'sha256', { value: sha256 });
  } catch (error) {
    destroy();
    throw ending.aborted ? ending.reason : error;
  } finally {
    for (const cleanup of cleanups) cleanup();
  }
}

/** What the backend holds is its own. Any other stream may be of a client that never ends it. */
const defaultFileSize = (file: UploadSource): number =>
  isHeld(file) || file instanceof ReadStream ? Number.POSITIVE_INFINITY : DEFAULT_LIMITS.fileSize;

/** The length of a source in bytes, as far as it is known; else 0. */
const lengthOf = ({ seekable, expectedLength = 0 }: FileSource): number => seekable?.length ?? expectedLength;

/**
 * A context that records the hash. The hash is no part of the metadata, because what `metadata` returns for a request is mostly
 * client input. With a forged hash an image could pass for another.
 */
const withHash = (context: Context, hash: string): Context => ({
  ...context,
  service: {
    ...context.service,
    create: (body) => context.service.create({ ...body, hash_sha256: hash }),
  },
});

function toStream(file: UploadSource): Readable | undefined {
  if (isHeld(file)) return undefined;
  return isReadable(file) ? file : Readable.fromWeb(file);
}

/**
 * Runs an upload that owns its stream. If the upload is rejected before it begins, we release the stream, and an error of the
 * stream itself does not end the process.
 */
export async function owningStream<T>(file: unknown, run: () => Promise<T>): Promise<T> {
  if (isReadable(file)) ignoreErrors(file);
  try {
    return await run();
  } catch (error) {
    if (isReadable(file)) release(file);
    // A locked web stream is released by its reader.
    else if (isWebStream(file) && !file.locked)
      await Promise.resolve(file.cancel?.(error)).catch(() => undefined);
    throw error;
  }
}

const ignore = (): void => undefined;

/** From here on our reads report the errors of the stream. Without a listener they would end the process. */
function ignoreErrors(stream: Readable): void {
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
}

/** Ends a stream that is not needed any more. To destroy a request would lose its response, so we receive the rest of it. */
function release(stream: Readable): void {
  if (!(stream instanceof IncomingMessage)) {
    stream.destroy();
    return;
  }
  // Those of our reader, which would hold it back. Without any, to remove them would stop a stream that flows.
  if (stream.listenerCount('readable') > 0) stream.removeAllListeners('readable');
  stream.resume();
}

const isHeld = (file: unknown): file is Uint8Array | ArrayBuffer | Blob =>
  types.isUint8Array(file) || types.isArrayBuffer(file) || isBlob(file);
const isWebStream = (file: unknown): file is WebStream<Uint8Array> =>
  typeof (file as WebStream | undefined)?.getReader === 'function';

async function streamSource(stream: Readable, contentLength: number | undefined): Promise<FileSource> {
  const read = reader(stream, 'SOURCE_FAILED');
  const expectedLength =
    contentLength ?? (stream instanceof ReadStream ? await fileLengthOf(stream) : undefined);
  return { read, expectedLength, expectedBy: 'declared' };
}

/** Only for a real file stream: other streams have a `path` too, such as an archive entry. */
async function fileLengthOf(stream: ReadStream): Promise<number | undefined> {
  const { start = 0, end = Number.POSITIVE_INFINITY } = stream as { start?: number; end?: number };
  const stats = await stat(stream.path).catch(() => undefined);
  return stats?.isFile() ? Math.max(0, Math.min(stats.size, end + 1) - start) : undefined;
}

function heldSource(file: Uint8Array | ArrayBuffer | Blob): FileSource {
  if (isBlob(file)) {
    const slices = (from = 0): ReadChunk => {
      let at = from;
      return async () => {
        const slice = file.slice(at, at + CHUNK_BYTES);
        at += slice.size;
        return slice.size > 0 ? new Uint8Array(await slice.arrayBuffer()) : undefined;
      };
    };
    return { read: slices(), seekable: replayableBody(file.size, 'declared', slices) };
  }
  const bytes = types.isArrayBuffer(file) ? new Uint8Array(file) : file;
  // In chunks: what is read ahead is copied.
  return { read: chunkReader(bytes), seekable: inMemory(bytes, 'declared') };
}

function nameOf(file: UploadSource): string {
  // The stream of a file handle has no path, whatever its type says.
  if (file instanceof ReadStream) return file.path ? basename(String(file.path)) : '';
  return isBlob(file) && 'name' in file ? String(file.name) : '';
}
