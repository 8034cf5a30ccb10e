import { delimiterOf } from './boundary.ts';

/** What nearly every client sends behind the last boundary. The line end is of no rule (RFC 2046, section 5.1.1). */
const USUAL = '--\r\n';

/**
 * Clients that end their forms otherwise, by the boundaries that they choose. Each does so in every version that has the
 * boundary. undici is not here: from 5.17 to 6.21.2 it sends no line end, later one, with the same boundary
 * (https://github.com/nodejs/undici/pull/3625); nor is axios, which sent two up to 1.8 and has sent one since.
 */
const CLOSINGS: readonly (readonly [boundary: RegExp, closing: string])[] = [
  // form-data-encoder 1 to 4, which got 12 to 14 send a FormData with.
  [/^form-data-(boundary|encoder)-[a-z0-9]{16}$/, '--\r\n\r\n'],
  // formdata-polyfill 3 and 4, which node-fetch has been sending a FormData with since 3.1.
  [/^----formdata-polyfill-/, '--'],
  // The fetch of Deno.
  [/^----\d{28}$/, '--'],
  [/^-{20}NODENEEDLEHTTPCLIENT$/, '--'],
];

/**
 * How long the end of a form is, from the line end before its last delimiter on, bytes. What lies between the first byte
 * of the last part and that end is the part. Of a client that is not known it is a guess, though nearly always right.
 */
export function closingLength(boundary: string): number {
  const [, closing = USUAL] = CLOSINGS.find(([shape]) => shape.test(boundary)) ?? [];
  return delimiterOf(boundary).length + closing.length;
}
