// What files that also run at the edge take of Node. The build of edge.ts has runtime-edge.ts in the place of this file.

export { channel, hasSubscribers } from 'node:diagnostics_channel';
export { inspect } from 'node:util';

/** Calls back once what has arrived by now was read. Returns a function that cancels it. */
export function afterReading(callback: () => void): () => void {
  const immediate = setImmediate(callback);
  return () => clearImmediate(immediate);
}

/** Encodes a text: UTF-8, in base64. */
export const toBase64 = (text: string): string => Buffer.from(text).toString('base64');

/** Decodes a text: base64 or base64url, of UTF-8. What is neither is skipped. */
export const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString();
