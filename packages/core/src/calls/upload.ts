import { ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { IncomingMessage } from 'node:http';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { types } from 'node:util';
import { Cancellation, type WithSignal, whenAborted } from '../cancellation.ts';
import type { ImgwireImage } from '../image/image.ts';
import type { ImageTypeLike } from '../inspect/inspect.ts';
import { abortSignal, bytes, flag, hexSha256 } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertInput } from '../options/validate.ts';
import { isBlob, isReadable } from '../realm-safe.ts';
import { RULE_CHECKS } from '../rules/check-rules.ts';
import { METADATA_CHECKS } from '../rules/metadata.ts';
import { DEFAULT_FILE_RULES, READY_TIMEOUT_MS } from '../rules/resolve-rules.ts';
import type { UploadMetadata } from '../rules/rules.ts';
import type { Context } from '../upload/context.ts';
import { inMemory, replayableBody } from '../upload/replay/replayable-body.ts';
import { storeFile } from '../upload/store-file.ts';
import { abortable, reader } from '../upload/stream-source.ts';
import type { FileSource, ReadChunk } from '../upload/upload-body.ts';

/**
 * Bytes that the backend holds. For a file on disk a Blob is best: `await fs.openAsBlob(path)`. A Buffer, Uint8Array or
 * ArrayBuffer is sent from where it is, without a copy: leave its bytes alone until the upload has ended.
 */
export type UploadSource = Uint8Array | ArrayBuffer | Blob | Readable | WebStream<Uint8Array>;

/** One upload from a backend that holds the bytes. */
export interface UploadInput extends UploadMetadata {
  /** The bytes. */
  readonly file: UploadSource;
  /** Length of a stream in bytes, if known: the stream is then sent while it is read. A wrong one is an error. */
  readonly contentLength?: number | undefined;
  /**
   * The type that the bytes are declared to be of. It is not recorded, but compared with the type that is found in the bytes:
   * if they differ, the upload is `UNSUPPORTED_IMAGE_TYPE`, whose message says both. An alias is the type that it stands for;
   * `application/octet-stream` and an empty text declare none. @default none is declared
   */
  readonly mimeType?: ImageTypeLike | undefined;
  /** SHA-256 of the bytes if known, 64 hexadecimal digits. It is recorded without verification. @default none */
  readonly hashSha256?: string | undefined;
  /**
   * Whether a stream above the read-ahead is also kept until it is stored, so that it can be sent again; see
   * `UploadRules.replay`. Other sources can be read again and need none. @default true
   */
  readonly replay?: boolean | undefined;
  /** Whether to wait until the image is READY. @default false */
  readonly waitUntilReady?: boolean | undefined;
  /**
   * Whether to hash the bytes: `sha256` of the image, in hex; see `UploadRules.hashAlgorithm`. A Blob is read twice for it.
   * @default none
   */
  readonly hashAlgorithm?: 'sha256' | undefined;
  /** Aborts the upload with its reason; nothing of it is left. */
  readonly signal?: AbortSignal | undefined;
}

const file: Check = (value) => {
  if (isHeld(value) || isReadable(value) || isWebStream(value)) return undefined;
  return `a Buffer, Uint8Array, ArrayBuffer, Blob, Readable or web stream${insteadOf(value)}`;
};

/** What to write for what is not the bytes yet, and for a text, which never is. */
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

/** Any text: it often comes from a client, such as that of `req.file.mimetype`. */
const declaredType: Check = (value) => (typeof value === 'string' ? undefined : 'a MIME type');

const CHECKS = {
  file,
  mimeType: declaredType,
  contentLength: bytes(),
  hashSha256: hexSha256,
  replay: flag,
  waitUntilReady: flag,
  hashAlgorithm: RULE_CHECKS.hashAlgorithm,
  signal: abortSignal,
  ...METADATA_CHECKS,
};

/**
 * Uploads bytes that the backend holds. On failure no record is left, and a stream is destroyed; of a request the rest is received.
 *
 * @throws ImgwireError `EMPTY_FILE`, `UNSUPPORTED_IMAGE_TYPE`, `TOO_MANY_PIXELS`, `LENGTH_MISMATCH`, `LENGTH_REQUIRED`,
 *   `SOURCE_FAILED` and those of the service; the signal's reason when it aborts; TypeError for an unsupported source and
 *   for a wrong label
 */
export async function upload(context: Context, input: WithSignal<UploadInput>): Promise<ImgwireImage> {
  assertInput('upload()', input, 'file', CHECKS);
  const { file, contentLength, hashSha256, mimeType, ...others } = input;
  const { replay = true, waitUntilReady: wait = false, hashAlgorithm: hash, signal, ...metadata } = others;
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
    const read = abortable(source.read, ending);
    const { image, sha256 } = await storeFile(
      hashSha256 === undefined ? context : withHash(context, hashSha256.toLowerCase()),
      {
        ...source,
        read,
        fieldname: '',
        originalname: nameOf(file),
        encoding: '7bit',
        declaredType: mimeType,
      },
      {
        ...DEFAULT_FILE_RULES,
        fileSize: Number.POSITIVE_INFINITY,
        replay,
        ...(wait && { readyTimeoutMs: READY_TIMEOUT_MS }),
        ...(hash && { hashAlgorithm: hash }),
      },
      async () => metadata,
      ending,
    );
    return sha256 === undefined ? image : Object.defineProperty(image, 'sha256', { value: sha256 });
  } catch (error) {
    destroy();
    throw ending.aborted ? ending.reason : error;
  } finally {
    for (const cleanup of cleanups) cleanup();
  }
}

/**
 * A connection that records the hash. It is not part of the metadata: what `metadata` returns for a request is mostly client
 * input, and with a forged hash an image could pass for another.
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
 * Runs an upload, which owns its stream also when it is refused before it begins: the stream is released then, and an error of
 * its own, such as that there is no such file, does not end the process.
 */
export async function owningStream<T>(file: unknown, run: () => Promise<T>): Promise<T> {
  if (isReadable(file)) ignoreErrors(file);
  try {
    return await run();
  } catch (error) {
    if (isReadable(file)) release(file);
    // A web stream that was begun to be read is released by its reader.
    else if (isWebStream(file) && !file.locked)
      await Promise.resolve(file.cancel?.(error)).catch(() => undefined);
    throw error;
  }
}

const ignore = (): void => undefined;

/** From here on we report the stream's errors, also while nobody reads. */
function ignoreErrors(stream: Readable): void {
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
}

/** Ends a stream that is not needed any more. With a request its response would be lost, so the rest of it is received. */
function release(stream: Readable): void {
  if (!(stream instanceof IncomingMessage)) {
    stream.destroy();
    return;
  }
  // Those of our reader, which would hold it back. To remove none would stop a stream that flows.
  if (stream.listenerCount('readable') > 0) stream.removeAllListeners('readable');
  stream.resume();
}

const isHeld = (file: unknown): file is Uint8Array | ArrayBuffer | Blob =>
  types.isUint8Array(file) || types.isArrayBuffer(file) || isBlob(file);
const isWebStream = (file: unknown): file is WebStream<Uint8Array> =>
  typeof (file as WebStream | undefined)?.getReader === 'function';

async function streamSource(stream: Readable, contentLength: number | undefined): Promise<FileSource> {
  const read = reader(stream, 'SOURCE_FAILED');
  const expectedLength = contentLength ?? (stream instanceof ReadStream ? await lengthOf(stream) : undefined);
  return { read, expectedLength, expectedBy: 'declared' };
}

/** Only for a real file stream: other streams have a `path` too, such as an archive entry. */
async function lengthOf(stream: ReadStream): Promise<number | undefined> {
  const { start = 0, end = Number.POSITIVE_INFINITY } = stream as { start?: number; end?: number };
  const stats = await stat(stream.path).catch(() => undefined);
  return stats?.isFile() ? Math.max(0, Math.min(stats.size, end + 1) - start) : undefined;
}

const SLICE_BYTES = 64 * 1024;

function heldSource(file: Uint8Array | ArrayBuffer | Blob): FileSource {
  if (isBlob(file)) {
    const slices = (from = 0): ReadChunk => {
      let at = from;
      return async () => {
        const slice = file.slice(at, at + SLICE_BYTES);
        at += slice.size;
        return slice.size > 0 ? new Uint8Array(await slice.arrayBuffer()) : undefined;
      };
    };
    return { read: slices(), seekable: replayableBody(file.size, 'declared', slices) };
  }
  const bytes = types.isArrayBuffer(file) ? new Uint8Array(file) : file;
  let at = 0;
  // In slices: what is read ahead is copied.
  const read = async (): Promise<Uint8Array | undefined> => {
    const slice = bytes.subarray(at, at + SLICE_BYTES);
    at += slice.length;
    return slice.length > 0 ? slice : undefined;
  };
  return { read, seekable: inMemory(bytes, 'declared') };
}

function nameOf(file: UploadSource): string {
  // The stream of a file handle has no path, whatever its type says.
  if (file instanceof ReadStream) return file.path ? basename(String(file.path)) : '';
  return isBlob(file) && 'name' in file ? String(file.name) : '';
}
