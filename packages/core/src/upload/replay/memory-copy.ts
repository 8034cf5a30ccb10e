import { CHUNK_BYTES } from '../../chunks.ts';
import type { ReplayCopy } from '../upload-body.ts';

/** We join smaller chunks: a chunk has some 400 bytes of overhead, and a client can send one byte in each. */
const SMALL_BYTES = 16 * 1024;

/**
 * Makes a copy that retains the chunks themselves. Only small chunks are copied, and small slices of large buffers, which would
 * retain the whole buffer.
 *
 * @param release called once, when the copy is closed
 */
export function memoryCopy(release: () => void): ReplayCopy {
  let chunks: Uint8Array[] = [];
  let block = Buffer.alloc(0);
  let used = 0;
  let size = 0;
  let closed = false;
  const endBlock = (): void => {
    // A partly filled block is copied again, so that it takes no more than its bytes.
    if (used > 0) chunks.push(used < block.length ? Buffer.from(block.subarray(0, used)) : block);
    if (used === block.length) block = Buffer.alloc(0);
    used = 0;
  };
  const join = (chunk: Uint8Array): void => {
    for (let at = 0; at < chunk.length; ) {
      if (block.length === 0) block = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const part = chunk.subarray(at, at + block.length - used);
      block.set(part, used);
      used += part.length;
      at += part.length;
      if (used === block.length) endBlock();
    }
  };
  return {
    size: () => size,
    lost: () => false,
    hasRoom: () => true,
    flush: async () => undefined,
    leavePool: async () => undefined,
    append: (chunk) => {
      if (closed) return undefined;
      size += chunk.length;
      if (chunk.length < SMALL_BYTES || chunk.buffer.byteLength > 2 * chunk.length) join(chunk);
      else {
        endBlock();
        chunks.push(chunk);
      }
      return undefined;
    },
    reader: (from = 0) => {
      endBlock();
      let skip = from;
      let at = 0;
      return async () => {
        for (let chunk = chunks[at++]; chunk; chunk = chunks[at++]) {
          const rest = chunk.subarray(skip);
          skip = Math.max(0, skip - chunk.length);
          if (rest.length > 0) return rest;
        }
        return undefined;
      };
    },
    close: async () => {
      if (closed) return;
      closed = true;
      chunks = [];
      block = Buffer.alloc(0);
      release();
    },
  };
}
