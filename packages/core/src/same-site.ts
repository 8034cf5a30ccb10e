import type { IncomingHttpHeaders } from 'node:http';
import { ImgwireUploadError } from './errors.ts';

/**
 * Refuses what a page of another site has sent, so that it cannot act with its visitor's cookies. Browsers say in
 * `Sec-Fetch-Site` where a request comes from (https://www.w3.org/TR/fetch-metadata/); where they do not, on plain http
 * for one, they say in `Origin`. A client that says neither is no browser.
 *
 * @throws ImgwireUploadError `CROSS_SITE_REQUEST`
 */
export function assertSameSite(headers: IncomingHttpHeaders, allowedOrigins: readonly string[] = []): void {
  const { origin } = headers;
  if (origin !== undefined && allowedOrigins.includes(origin)) return;
  const site = headers['sec-fetch-site'];
  const sameOrigin =
    site === undefined ? isOwn(origin, headers.host) : site === 'same-origin' || site === 'none';
  if (!sameOrigin) throw new ImgwireUploadError('CROSS_SITE_REQUEST');
}

function isOwn(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/** What lets a page of an allowed origin read the answer; nothing for any other. */
export function corsHeaders(
  { origin }: IncomingHttpHeaders,
  allowedOrigins: readonly string[] = [],
): Record<string, string> {
  if (allowedOrigins.length === 0) return {};
  // A cache must not give one origin the answer for another.
  if (origin === undefined || !allowedOrigins.includes(origin)) return { Vary: 'Origin' };
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Credentials': 'true',
  };
}

/** What an allowed origin may send; the body is not looked at, so any header is as good as another. */
export function preflightHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const asked = headers['access-control-request-headers'];
  return {
    'Access-Control-Allow-Methods': 'POST',
    ...(asked && { 'Access-Control-Allow-Headers': String(asked) }),
  };
}
