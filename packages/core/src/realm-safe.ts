import type { Readable } from 'node:stream';

// Test environments (jsdom, happy-dom) replace Node's globals with their own, and a value may be of either kind.
// These checks hold for both; `instanceof` of a global does not.

/** Whether a value is a Blob, or a File. */
export function isBlob(value: unknown): value is Blob {
  const { size, slice, arrayBuffer } = Object(value) as Partial<Blob>;
  return typeof size === 'number' && typeof slice === 'function' && typeof arrayBuffer === 'function';
}

/** Whether a value is a readable stream of Node, or of npm's `readable-stream`. */
export function isReadable(value: unknown): value is Readable {
  const { pipe, destroy, [Symbol.asyncIterator]: iterator } = Object(value) as Partial<Readable>;
  return [pipe, destroy, iterator].every((method) => typeof method === 'function');
}

/** Returns the message of an error; undefined if it has none. */
export function messageOf(error: unknown): string | undefined {
  const { message } = Object(error) as { message?: unknown };
  return typeof message === 'string' ? message : undefined;
}

/**
 * Parses a URL; undefined for what is none. Not with `URL.canParse()`: once it is hot, that of Node 20 takes a text with letters
 * such as `ü` for bytes that are no UTF-8, and denies it.
 */
export function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
