import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { ImgwireError } from './errors.ts';

/**
 * What we read of a request. Node's own fits, and so does a stream with headers. An adapter makes one of a request without a
 * socket, such as a web `Request`. It is destroyed when its client disconnects.
 */
export interface IncomingRequest extends Readable {
  /** Headers by their lower-case names. */
  readonly headers: IncomingHttpHeaders;
  /** The socket of the client, if there is one to be seen. */
  readonly socket?: Socket | undefined;
  /** Whether the whole request has arrived. Only a server's request says so. */
  readonly complete?: boolean | undefined;
}

/**
 * Returns an error if headers say that the bytes of a request are not the content itself: `UNSUPPORTED_CONTENT_ENCODING` (RFC
 * 9110, section 8.4), `UNSUPPORTED_TRANSFER_ENCODING` (RFC 9112, section 6.1), `UNSUPPORTED_CONTENT_RANGE` (RFC 9110, section
 * 14.4).
 */
export function encodingError(headers: IncomingHttpHeaders): ImgwireError | undefined {
  const { 'content-encoding': coding, 'transfer-encoding': transfer, 'content-range': range } = headers;
  if (coding !== undefined && !/^[\t ,]*(identity[\t ,]*)*$/i.test(coding)) {
    return new ImgwireError('UNSUPPORTED_CONTENT_ENCODING');
  }
  if (transfer !== undefined && !/^chunked$/i.test(transfer)) {
    return new ImgwireError('UNSUPPORTED_TRANSFER_ENCODING');
  }
  return range === undefined ? undefined : new ImgwireError('UNSUPPORTED_CONTENT_RANGE');
}
