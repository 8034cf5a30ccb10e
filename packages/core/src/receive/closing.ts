import { delimiterOf } from './boundary.ts';

/** What nearly every client sends after the last boundary. The CRLF is optional (RFC 2046, section 5.1.1). */
const USUAL = '--\r\n';

/**
 * Clients that end their forms differently, recognised by their boundaries. Each does so in every version that uses the
 * boundary. undici is not here: from 5.17 to 6.21.2 it sends no CRLF, later one, with the same boundary
 * (https://github.com/nodejs/undici/pull/3625); nor is axios, which sent two up to 1.8 and has sent one since.
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
 * Length of the end of a form in bytes, from the CRLF before its last delimiter on. Everything from the first byte of the last
 * part to there is that part. For an unknown client it is a guess, though nearly always right.
 */
export function closingLength(boundary: string): number {
  const [, closing = USUAL] = CLOSINGS.find(([shape]) => shape.test(boundary)) ?? [];
  return delimiterOf(boundary).length + closing.length;
}
