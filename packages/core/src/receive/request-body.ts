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
  /** Why the bytes cannot be taken for a form, whatever they are. */
  readonly refusal: ImgwireUploadError | undefined;
}

/**
 * Returns where to read a request's body from: the request, or the bytes in its `rawBody` if something in front has read it to
 * its end. Google Cloud Functions and Firebase do that, and so does the `verify` of body-parser; multer's README recommends it.
 * A string in `rawBody` is not used: decoding loses bytes that are not UTF-8.
 *
 * @throws ImgwireUploadError `BODY_ALREADY_READ`
 */
export function bodyOf(req: IncomingRequest): RequestBody {
  assertNotReceived(req);
  if (!(req.readableDidRead || req.readableEnded)) {
    return {
      stream: req,
      length: toLength(req.headers['content-length']),
      refusal: codingRefusal(req.headers),
    };
  }
  const { rawBody } = req as { rawBody?: unknown };
  if (!req.readableEnded || !types.isUint8Array(rawBody)) throw new ImgwireUploadError('BODY_ALREADY_READ');
  // Whatever has read it has also decoded it: the header that is still there is about what was sent.
  return { stream: Readable.from(chunksOf(rawBody)), length: rawBody.length, refusal: undefined };
}

/** The size of a socket's chunks. */
const CHUNK_BYTES = 64 * 1024;

function* chunksOf(bytes: Uint8Array): Generator<Buffer, void, void> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < whole.length; at += CHUNK_BYTES) yield whole.subarray(at, at + CHUNK_BYTES);
}

const toLength = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
