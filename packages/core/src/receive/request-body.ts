import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { types } from 'node:util';
import { chunksOf } from '../chunks.ts';
import { ImgwireError } from '../errors.ts';
import { encodingError, type IncomingRequest } from '../incoming-request.ts';

/** A body that is still to be read. */
export interface RequestBody {
  readonly stream: Readable;
  /** Its length, in bytes; undefined if it is chunked. */
  readonly length: number | undefined;
  /** The length that the client declares, in bytes. */
  readonly declared: number | undefined;
  /** Why the bytes cannot be a form, whatever they are. */
  readonly unusable: ImgwireError | undefined;
}

/** Streams that something in front of us has made of the bodies of requests. */
const replaced = new WeakMap<object, Readable>();

/** Replaces the body of a request by a stream. A hook of the framework has made it of the body, such as a decoder. */
export function replaceBody(req: object, stream: Readable): void {
  replaced.set(req, stream);
}

/**
 * Returns where to read a request's body. That is the request, the stream of {@link replaceBody}, or the bytes in its `rawBody`,
 * if something in front has read it to its end. Google Cloud Functions and Firebase do that, and so does the `verify` of
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
    return { stream: req, length: declared, declared, unusable: encodingError(req.headers) };
  }
  const { rawBody } = req as { rawBody?: unknown };
  if (!req.readableEnded || !types.isUint8Array(rawBody)) throw new ImgwireError('BODY_ALREADY_READ');
  // Whatever has read it has also decoded it: the header is still about what was sent.
  const { length } = rawBody;
  return { stream: Readable.from(chunksOf(rawBody)), length, declared: length, unusable: undefined };
}

/** The stream has neither the length nor the coding of the request. */
function replacement(
  stream: Readable,
  { 'content-encoding': _, ...headers }: IncomingHttpHeaders,
): Omit<RequestBody, 'declared'> {
  if (stream.readableDidRead) throw new ImgwireError('BODY_ALREADY_READ');
  return { stream, length: undefined, unusable: encodingError(headers) };
}

const toLength = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;

const received = new WeakSet<object>();

/**
 * Claims the body of a request for one upload, and rejects a second one. Such a one is that of a route, behind that of the
 * application. The first has stored the files by then, under its rules.
 *
 * @throws ImgwireError `BODY_ALREADY_READ`
 */
export function assertNotReceived(request: object): void {
  if (received.has(request)) {
    throw new ImgwireError('BODY_ALREADY_READ', {
      message:
        'Another upload in front of this one has received the request already; leave one of the two out.',
    });
  }
  received.add(request);
}
