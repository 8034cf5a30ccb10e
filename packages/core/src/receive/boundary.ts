import { MIMEType } from 'node:util';

/** The longest content type that we read: a boundary has at most 70 characters (RFC 2046, section 5.1.1). */
const MAX_TYPE_LENGTH = 1024;

/**
 * Parses a content type as browsers do (https://mimesniff.spec.whatwg.org/#parsing-a-mime-type). A quoted string is one value,
 * whatever it contains, and the first of two parameters with the same name counts. Undefined if invalid.
 */
function contentType(header: string | undefined): MIMEType | undefined {
  // Most text parts have none, and throwing costs more than the rest of their processing.
  if (!header || header.length > MAX_TYPE_LENGTH) return undefined;
  try {
    return new MIMEType(header);
  } catch {
    return undefined;
  }
}

/** Matches what nearly every client sends. The rest is for the parser, which takes ten times as long. */
const PLAIN = /^multipart\/form-data; ?boundary=([\w-]{1,70})$/;

/** Returns the boundary of a multipart content type; undefined if it has none, or an empty one. */
export function boundaryOf(header: string | undefined): string | undefined {
  const [, plain] = PLAIN.exec(header ?? '') ?? [];
  return plain ?? (contentType(header)?.params.get('boundary') || undefined);
}

/** Returns what precedes each part and follows the last one. For the first, the CRLF is optional (RFC 2046, section 5.1.1). */
export const delimiterOf = (boundary: string): Buffer => Buffer.from(`\r\n--${boundary}`, 'latin1');

const CR = 0x0d;

/** Returns the length of the longest suffix of `bytes` from `start` on that may become a delimiter: a proper prefix of one. */
export function partialDelimiter(bytes: Buffer, start: number, delimiter: Buffer): number {
  const first = Math.max(start, bytes.length - delimiter.length + 1);
  // A delimiter begins with its only CR.
  for (let at = bytes.indexOf(CR, first); at >= 0; at = bytes.indexOf(CR, at + 1)) {
    if (bytes.compare(delimiter, 0, bytes.length - at, at) === 0) return bytes.length - at;
  }
  return 0;
}

/** What nearly every client sends after the last boundary. The CRLF is optional (RFC 2046, section 5.1.1). */
const USUAL = '--\r\n';

/**
 * Clients that end their forms differently, known by their boundaries. Each does so in every version that uses the boundary.
 * undici is not here: from 5.17 to 6.21.2 it sends no CRLF, later one, with the same boundary
 * (https://github.com/nodejs/undici/pull/3625). Nor is axios, which sent two up to 1.8, and has sent one since. Nor is Faraday of
 * Ruby: its gem multipart-post sent two up to 2.0 (lib/parts.rb), and has sent one since.
 */
const CLOSINGS: readonly (readonly [boundary: RegExp, closing: string])[] = [
  // form-data-encoder 1 to 4, used by got 12 to 14 for FormData.
  [/^form-data-(boundary|encoder)-[a-z0-9]{16}$/, '--\r\n\r\n'],
  // formdata-polyfill 3 and 4, used by node-fetch since 3.1 for FormData.
  [/^----formdata-polyfill-/, '--'],
  // The fetch of Deno.
  [/^----\d{28}$/, '--'],
  [/^-{20}NODENEEDLEHTTPCLIENT$/, '--'],
];

/**
 * Returns the length of the end of a form in bytes, from the CRLF before its last delimiter on. The last part is everything from
 * its first byte to there. For an unknown client it is a guess, though nearly always right.
 */
export function closingLength(boundary: string): number {
  const [, closing = USUAL] = CLOSINGS.find(([shape]) => shape.test(boundary)) ?? [];
  return delimiterOf(boundary).length + closing.length;
}
