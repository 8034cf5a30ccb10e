import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';

// Test environments (jsdom, happy-dom) put globals of their own in the place of Node's, and a value may be of either kind.
// What is here holds for both; `instanceof` of a global does not.

/** An abort to which any number may listen: one for each call of each file is no leak. */
export function openAbort(): AbortController {
  const controller = new AbortController();
  try {
    setMaxListeners(0, controller.signal);
  } catch {
    // Not Node's own, and so it counts no listeners.
  }
  return controller;
}

/** Whether a value is a Blob, or a File. */
export function isBlob(value: unknown): value is Blob {
  const { size, slice, arrayBuffer } = Object(value) as Partial<Blob>;
  return typeof size === 'number' && typeof slice === 'function' && typeof arrayBuffer === 'function';
}

/** Whether a value is a readable stream of Node, or of the `readable-stream` of npm. */
export function isReadable(value: unknown): value is Readable {
  const { pipe, destroy, [Symbol.asyncIterator]: iterator } = Object(value) as Partial<Readable>;
  return [pipe, destroy, iterator].every((method) => typeof method === 'function');
}

/** The message of an error; undefined for what has none. */
export function messageOf(error: unknown): string | undefined {
  const { message } = Object(error) as { message?: unknown };
  return typeof message === 'string' ? message : undefined;
}
