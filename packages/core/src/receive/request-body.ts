import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { types } from 'node:util';
import { ImgwireUploadError } from '../base/errors.ts';

/** A body that is still to be read. */
export interface RequestBody {
  readonly stream: Readable;
  /** Its length, bytes; undefined when it is chunked. */
  readonly length: number | undefined;
}

/**
 * Answers where a request's body is to be read from: the request, or the bytes in its `rawBody` once it was read to its
 * end by something in front. Google Cloud Functions and Firebase do that, and so does the `verify` of body-parser; it is
 * what multer's README has its users do. A text in `rawBody` does not count: bytes that are no UTF-8 are lost in it.
 *
 * @throws ImgwireUploadError `BODY_ALREADY_READ`
 */
export function bodyOf(req: IncomingMessage): RequestBody {
  if (!(req.readableDidRead || req.readableEnded)) {
    return { stream: req, length: toLength(req.headers['content-length']) };
  }
  const { rawBody } = req as { rawBody?: unknown };
  if (!req.readableEnded || !types.isUint8Array(rawBody)) throw new ImgwireUploadError('BODY_ALREADY_READ');
  return { stream: Readable.from(chunksOf(rawBody)), length: rawBody.length };
}

/** As a socket would give them. */
const CHUNK_BYTES = 64 * 1024;

function* chunksOf(bytes: Uint8Array): Generator<Buffer, void, void> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < whole.length; at += CHUNK_BYTES) yield whole.subarray(at, at + CHUNK_BYTES);
}

const toLength = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
