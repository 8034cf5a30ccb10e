import type { IncomingHttpHeaders } from 'node:http';
import { isForm } from './form.ts';

/** How files come: in a form, or one file as the body itself. */
export type UploadKind = 'form' | 'body';

const IMAGE = /^[\t ]*(image\/[^;]+|application\/octet-stream)[\t ]*(;|$)/i;

/**
 * What the headers of a request say that its body is; undefined for a body of any other kind, and for none.
 *
 * @param request itself: over HTTP/2 headers need not say that there is a body
 */
export function kindOf(headers: IncomingHttpHeaders, request?: object): UploadKind | undefined {
  if (isForm(headers)) return 'form';
  const { 'content-type': type, 'content-length': length, 'transfer-encoding': transfer } = headers;
  if (type !== undefined) return IMAGE.test(type) ? 'body' : undefined;
  // A body without a type is any bytes (RFC 9110, section 8.3), as `curl -T` sends them.
  const hasBody = length === undefined ? transfer !== undefined || isOpen(request) : Number(length) > 0;
  return hasBody ? 'body' : undefined;
}

/** Whether the stream of a request of HTTP/2 goes on behind its headers. */
function isOpen(request: object = {}): boolean {
  const { stream } = request as { readonly stream?: { readonly endAfterHeaders?: boolean } };
  return stream?.endAfterHeaders === false;
}
