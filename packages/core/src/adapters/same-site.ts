import type { IncomingHttpHeaders } from 'node:http';
import { ImgwireUploadError } from '../base/errors.ts';
import type { Check } from '../base/validate.ts';

/** What is used of the `Headers` of a web `Request`, of whatever realm. */
interface WebHeaders {
  /** The value of a header by its name; null for none. */
  get(name: string): string | null;
}

/** The headers of a request: Node's, or the `Headers` of a web `Request`. */
export type RequestHeaders = IncomingHttpHeaders | WebHeaders;

/** A header by its name in lower case. Node writes names so; an adapter that makes its own headers may not. */
function read(headers: RequestHeaders, name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const found: unknown = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return found === undefined ? undefined : String(found);
}

/** An origin as browsers send it in `Origin` (RFC 6454, section 6.2). No other text can match; `*` passes as a host. */
export const origin: Check = (value) =>
  typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value && !value.includes('*')
    ? undefined
    : 'origins as browsers send them, such as "https://app.example.com": a scheme, a host, and a port that is not ' +
      "the scheme's own; no path, and no slash at the end";

/**
 * Refuses what a page of another site has sent, so that it cannot act with its visitor's cookies. Browsers say in
 * `Sec-Fetch-Site` where a request comes from (https://www.w3.org/TR/fetch-metadata/); where they do not, on plain http
 * for one, they say in `Origin`. A client that says neither is no browser.
 *
 * @throws ImgwireUploadError `CROSS_SITE_REQUEST`
 */
export function assertSameSite(headers: RequestHeaders, allowedOrigins: readonly string[] = []): void {
  const from = read(headers, 'origin');
  if (from !== undefined && allowedOrigins.includes(from)) return;
  const site = read(headers, 'sec-fetch-site');
  const sameOrigin =
    site === undefined ? isOwn(from, read(headers, 'host')) : site === 'same-origin' || site === 'none';
  if (!sameOrigin) throw new ImgwireUploadError('CROSS_SITE_REQUEST');
}

function isOwn(from: string | undefined, host: string | undefined): boolean {
  if (from === undefined) return true;
  return URL.canParse(from) && new URL(from).host === host?.toLowerCase();
}

/** What lets a page of an allowed origin read the answer; nothing for any other. */
export function corsHeaders(
  headers: RequestHeaders,
  allowedOrigins: readonly string[] = [],
): Record<string, string> {
  if (allowedOrigins.length === 0) return {};
  const from = read(headers, 'origin');
  // A cache must not give one origin the answer for another.
  if (from === undefined || !allowedOrigins.includes(from)) return { Vary: 'Origin' };
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': from,
    'Access-Control-Allow-Credentials': 'true',
  };
}

/** What an allowed origin may send; the body is not looked at, so any header is as good as another. */
export function preflightHeaders(headers: RequestHeaders): Record<string, string> {
  const asked = read(headers, 'access-control-request-headers');
  return {
    'Access-Control-Allow-Methods': 'POST',
    ...(asked && { 'Access-Control-Allow-Headers': asked }),
  };
}
