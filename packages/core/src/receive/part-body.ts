import type { Read } from '../store/content.ts';

/** The body of a part: a buffer between the request and the reader. */
export interface PartBody {
  /** Adds a chunk. The promise, if any, resolves when there is room for another. */
  push(chunk: Uint8Array): Promise<void> | undefined;
  /** Marks the end: `read` returns what is buffered, and then undefined. */
  end(): void;
  /** The next chunk, undefined at the end. One call at a time. */
  readonly read: Read;
}

/** High-water mark, bytes: one chunk of a socket. */
const ROOM_BYTES = 64 * 1024;

/** Opens the body of a part. A chunk goes straight to a waiting reader. */
export function openPartBody(): PartBody {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  let waiting: ((chunk: Uint8Array | undefined) => void) | undefined;
  let paused: (() => void)[] = [];
  const resume = (): void => {
    for (const resolve of paused) resolve();
    paused = [];
  };
  return {
    push: (chunk) => {
      if (waiting) {
        waiting(chunk);
        waiting = undefined;
        return undefined;
      }
      chunks.push(chunk);
      size += chunk.length;
      if (size < ROOM_BYTES) return undefined;
      return new Promise((resolve) => void paused.push(resolve));
    },
    end: () => {
      ended = true;
      waiting?.(undefined);
      waiting = undefined;
    },
    read: () => {
      const chunk = chunks.shift();
      if (chunk) {
        size -= chunk.length;
        if (size < ROOM_BYTES) resume();
        return Promise.resolve(chunk);
      }
      if (ended) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
  };
}
