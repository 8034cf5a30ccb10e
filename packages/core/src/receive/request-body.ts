import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { types } from 'node:util';
import { ImgwireError } from '../errors.ts';
import { encodingError, type IncomingRequest } from '../incoming-request.ts';

/** A body yet to be read. */
export interface RequestBody {
  readonly stream: Readable;
  /** Its length, bytes; undefined when it is chunked. */
  readonly length: number | undefined;
  /** How much the client says that it sends, bytes. */
  readonly declared: number | undefined;
  /** Why the bytes cannot be taken for a form, whatever they are. */
  readonly refusal: ImgwireError | undefined;
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
 * @throws ImgwireError `BODY_ALREADY_READ`
 */
export function bodyOf(req: IncomingRequest): RequestBody {
  assertNotReceived(req);
  const declared = toLength(req.headers['content-length']);
  const stream = replaced.get(req);
  if (stream) return { ...replacement(stream, req.headers), declared };
  if (!(req.readableDidRead || req.readableEnded)) {
    return {
      ...{ stream: req, length: declared, declared },
      refusal: encodingError(req.headers),
    };
  }
  const { rawBody } = req as { rawBody?: unknown };
  if (!req.readableEnded || !types.isUint8Array(rawBody)) throw new ImgwireError('BODY_ALREADY_READ');
  // Whatever has read it has also decoded it: the header that is still there is about what was sent.
  const { length } = rawBody;
  return { stream: Readable.from(chunksOf(rawBody)), length, declared: length, refusal: undefined };
}

/** Neither the length nor the coding of the request is that of the stream. */
function replacement(
  stream: Readable,
  { 'content-encoding': _, ...headers }: IncomingHttpHeaders,
): Omit<RequestBody, 'declared'> {
  if (stream.readableDidRead) throw new ImgwireError('BODY_ALREADY_READ');
  return { stream, length: undefined, refusal: encodingError(headers) };
}

/** The size of a socket's chunks. */
const CHUNK_BYTES = 64 * 1024;

function* chunksOf(bytes: Uint8Array): Generator<Buffer, void, void> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < whole.length; at += CHUNK_BYTES) yield whole.subarray(at, at + CHUNK_BYTES);
}

const toLength = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;

const received = new WeakSet<object>();

/**
 * Notes that an upload takes the body of a request, and refuses a second one: that of the whole application in front of that of
 * a route. The first has stored the files by then, under its rules.
 *
 * @throws ImgwireError `BODY_ALREADY_READ`
 */
export function assertNotReceived(request: object): void {
  if (received.has(request)) {
    throw new ImgwireError('BODY_ALREADY_READ', {
      message: 'Another upload in front of this one has received the form already; leave one of the two out.',
    });
  }
  received.add(request);
}
