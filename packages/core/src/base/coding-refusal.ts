import type { IncomingHttpHeaders } from 'node:http';
import { ImgwireUploadError } from './errors.ts';

/**
 * What headers say about the bytes of a request that are not the content itself: `UNSUPPORTED_CONTENT_ENCODING` (RFC 9110,
 * section 8.4), `UNSUPPORTED_TRANSFER_ENCODING` (RFC 9112, section 6.1), `UNSUPPORTED_CONTENT_RANGE`
 * (RFC 9110, section 14.4). Undefined if they are.
 */
export function codingRefusal(headers: IncomingHttpHeaders): ImgwireUploadError | undefined {
  const { 'content-encoding': coding, 'transfer-encoding': transfer, 'content-range': range } = headers;
  if (coding !== undefined && !/^[\t ,]*(identity[\t ,]*)*$/i.test(coding)) {
    return new ImgwireUploadError('UNSUPPORTED_CONTENT_ENCODING');
  }
  if (transfer !== undefined && !/^chunked$/i.test(transfer)) {
    return new ImgwireUploadError('UNSUPPORTED_TRANSFER_ENCODING');
  }
  return range === undefined ? undefined : new ImgwireUploadError('UNSUPPORTED_CONTENT_RANGE');
}
