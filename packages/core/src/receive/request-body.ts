import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { types } from 'node:util';
import { assertNotReceived } from '../base/assert-not-received.ts';
import { codingRefusal } from '../base/coding-refusal.ts';
import { ImgwireUploadError } from '../base/errors.ts';
import type { IncomingRequest } from '../base/incoming-request.ts';

/** A body yet to be read. */
export interface RequestBody {
  readonly stream: Readable;
  /** Its length, bytes; undefined when it is chunked. */
  readonly length: number | undefined;
  /** How much the client says that it sends, bytes. */
  readonly declared: number | undefined;
  /** Why the bytes cannot be taken for a form, whatever they are. */
  readonly refusal: ImgwireUploadError | undefined;
}

/** Streams that something in front of us has made of the bodies of their requests. */
const replaced = new WeakMap<object, Readable>();

/** Has the body of a request read from a stream that a hook of the framework has made of it, such as a decoder. */
export function replaceBody(req: object, stream: Readable): void {
  replaced.set(req, stream);
}

/**
 * Returns where to read a request's body from: the request, what {@link replaceBody} has put in its place, or the bytes in its
 * `rawBody` if something in front has read it to its end. Google Cloud Functions and Firebase do that, and so does the `verify` of
 * body-parser; multer's README recommends it. A string in `rawBody` is not used: decoding loses bytes that are not UTF-8.
 *
 * @throws ImgwireUploadError `BODY_ALREADY_READ`
 */
export function bodyOf(req: IncomingRequest): RequestBody {
  assertNotReceived(req);
  const declared = toLength(req.headers['content-length']);
  const stream = replaced.get(req);
  if (stream) return { ...replacement(stream, req.headers), declared };
  if (!(req.readableDidRead || req.readableEnded)) {
    return {
      ...{ stream: req, length: declared, declared },
      refusal: codingRefusal(req.headers),
    };
  }
  const { rawBody } = req as { rawBody?: unknown };
  if (!req.readableEnded || !types.isUint8Array(rawBody)) throw new ImgwireUploadError('BODY_ALREADY_READ');
  // Whatever has read it has also decoded it: the header that is still there is about what was sent.
  const { length } = rawBody;
  return { stream: Readable.from(chunksOf(rawBody)), length, declared: length, refusal: undefined };
}

/** Neither the length nor the coding of the request is that of the stream. */
function replacement(
  stream: Readable,
  { 'content-encoding': _, ...headers }: IncomingHttpHeaders,
): Omit<RequestBody, 'declared'> {
  if (stream.readableDidRead) throw new ImgwireUploadError('BODY_ALREADY_READ');
  return { stream, length: undefined, refusal: codingRefusal(headers) };
}

/** The size of a socket's chunks. */
const CHUNK_BYTES = 64 * 1024;

function* chunksOf(bytes: Uint8Array): Generator<Buffer, void, void> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < whole.length; at += CHUNK_BYTES) yield whole.subarray(at, at + CHUNK_BYTES);
}

const toLength = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
