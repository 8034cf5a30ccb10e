import { ImgwireError } from '../errors.ts';
import type { Check } from '../options/option-problem.ts';
import { urlOf } from '../realm-safe.ts';

/** The parts we use of a web `Request`'s `Headers`, of any realm. */
interface WebHeaders {
  /** The value of a header by its name; null for none. */
  get(name: string): string | null;
}

/** The headers of a request: Node's `IncomingHttpHeaders`, or the `Headers` of a web `Request`. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>> | WebHeaders;

const isWeb = (headers: RequestHeaders): headers is WebHeaders => typeof headers.get === 'function';

/** A header by its lower-case name. Node lower-cases names; an adapter that builds its own headers may not. */
function read(headers: RequestHeaders, name: string): string | undefined {
  if (isWeb(headers)) return headers.get(name) ?? undefined;
  const found: unknown = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return found === undefined ? undefined : String(found);
}

/** An origin as browsers send it in `Origin` (RFC 6454, section 6.2). URL parsers accept `*` as a host. */
export const origin: Check = (value) => {
  const url = typeof value === 'string' && !value.includes('*') ? urlOf(value) : undefined;
  const sent = url?.origin ?? 'null';
  if (value === sent && sent !== 'null') return undefined;
  const expected =
    'origins as browsers send them, such as "https://app.example.com": a scheme, a host, and a port that is not ' +
    "the scheme's own; no path, and no slash at the end";
  return sent === 'null' ? expected : `${expected}: write '${sent}' instead of '${String(value)}'`;
};

/**
 * Rejects cross-site requests, so that another site cannot act with its visitor's cookies. Browsers send
 * `Sec-Fetch-Site` (https://www.w3.org/TR/fetch-metadata/); where they do not, as on plain http, they send `Origin`. A client
 * that sends neither is not a browser.
 *
 * @param url of a web `Request`
 * @throws ImgwireError `CROSS_SITE_REQUEST`
 */
export function assertSameSite(
  headers: RequestHeaders,
  allowedOrigins: readonly string[] = [],
  url?: string,
): void {
  const from = read(headers, 'origin');
  if (from !== undefined && allowedOrigins.includes(from)) return;
  const site = read(headers, 'sec-fetch-site');
  const sameOrigin =
    site === undefined ? isOwn(from, hostOf(headers, url)) : site === 'same-origin' || site === 'none';
  if (!sameOrigin) throw new ImgwireError('CROSS_SITE_REQUEST');
}

/**
 * The host that a request was sent to. `Headers` hold no pseudo-header, and throw when they are asked for one; a web request without
 * a `Host`, as over HTTP/2, has it in its URL (https://fetch.spec.whatwg.org/#request-class).
 */
function hostOf(headers: RequestHeaders, url: string | undefined): string | undefined {
  return read(headers, 'host') ?? (isWeb(headers) ? urlOf(url ?? '')?.host : read(headers, ':authority'));
}

/** A name has at most 253 characters (RFC 1035, section 2.3.4). */
const MAX_LENGTH = 300;

/** A `Host` may name the port that its scheme has anyway, an `Origin` does not (RFC 9110, section 4.2.3; RFC 6454, section 4). */
function isOwn(from: string | undefined, host: string | undefined): boolean {
  if (from === undefined) return true;
  // No host is as long, and to parse one takes the square of its length.
  if (host === undefined || from.length > MAX_LENGTH || host.length > MAX_LENGTH) return false;
  const its = urlOf(from);
  return its !== undefined && !/[/?#@\\]/.test(host) && urlOf(`${its.protocol}//${host}`)?.host === its.host;
}

/** CORS headers that let a page of an allowed origin read the response; none for any other. */
export function corsHeaders(
  headers: RequestHeaders,
  allowedOrigins: readonly string[] = [],
): Record<string, string> {
  if (allowedOrigins.length === 0) return {};
  const from = read(headers, 'origin');
  // A cache must not serve one origin's response to another.
  if (from === undefined || !allowedOrigins.includes(from)) return { Vary: 'Origin' };
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': from,
    'Access-Control-Allow-Credentials': 'true',
    // By these a client knows how long its ticket lives, and when to ask again.
    'Access-Control-Expose-Headers': 'Date, Retry-After',
  };
}

/** What an allowed origin may send; the body is ignored, so any header is allowed. */
export function preflightHeaders(headers: RequestHeaders): Record<string, string> {
  const asked = read(headers, 'access-control-request-headers');
  return {
    'Access-Control-Allow-Methods': 'POST',
    ...(asked && { 'Access-Control-Allow-Headers': asked }),
  };
}

/** The value of `Vary` that adds to what is in front of us: a cache that is told less serves one client's response to another. */
export function mergeVary(before: number | string | readonly string[] | undefined, added: string): string {
  const names = [before ?? []].flat().join(',').split(/[ ,]+/).filter(Boolean);
  const isKnown = names.some((name) => name === '*' || name.toLowerCase() === added.toLowerCase());
  return [...names, ...(isKnown ? [] : [added])].join(', ');
}
