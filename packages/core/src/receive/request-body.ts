import { Readable } from 'node:stream';
import { types } from 'node:util';
import { assertNotReceived } from '../base/assert-not-received.ts';
import { ImgwireUploadError } from '../base/errors.ts';
import type { IncomingRequest } from '../base/incoming-request.ts';

/** A body yet to be read. */
export interface RequestBody {
  readonly stream: Readable;
  /** Its length, bytes; undefined when it is chunked. */
  readonly length: number | undefined;
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
    return { stream: req, length: toLength(req.headers['content-length']) };
  }
  const { rawBody } = req as { rawBody?: unknown };
  if (!req.readableEnded || !types.isUint8Array(rawBody)) throw new ImgwireUploadError('BODY_ALREADY_READ');
  return { stream: Readable.from(chunksOf(rawBody)), length: rawBody.length };
}

/** The size of a socket's chunks. */
const CHUNK_BYTES = 64 * 1024;

function* chunksOf(bytes: Uint8Array): Generator<Buffer, void, void> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < whole.length; at += CHUNK_BYTES) yield whole.subarray(at, at + CHUNK_BYTES);
}

const toLength = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
