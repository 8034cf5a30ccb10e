import type { Read } from '../store/content.ts';

/** The body of a part, between the request that brings it and whoever reads it. */
export interface PartBody {
  /** Puts a chunk in. The promise, if there is one, resolves when there is room for another. */
  push(chunk: Uint8Array): Promise<void> | undefined;
  /** Nothing more comes: `read` gives what is left, and then undefined. */
  end(): void;
  /** The next chunk, undefined at the end. One call at a time. */
  readonly read: Read;
}

/** How much waits for the reader before the client is held up, bytes: a chunk off a socket. */
const ROOM_BYTES = 64 * 1024;

/** Opens the body of a part. A chunk for which the reader waits goes to it at once. */
export function openPartBody(): PartBody {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  let waiting: ((chunk: Uint8Array | undefined) => void) | undefined;
  let heldUp: (() => void)[] = [];
  const letGo = (): void => {
    for (const resolve of heldUp) resolve();
    heldUp = [];
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
      return new Promise((resolve) => void heldUp.push(resolve));
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
        if (size < ROOM_BYTES) letGo();
        return Promise.resolve(chunk);
      }
      if (ended) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
  };
}
