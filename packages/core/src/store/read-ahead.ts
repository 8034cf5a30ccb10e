import type { Admission } from './admission.ts';
import { isSlowStart } from './client-rate.ts';
import type { FileSource, Head } from './content.ts';

/** A chunk in memory costs so much besides its bytes: a client can send one byte in each. */
const CHUNK_BYTES = 400;
/** So much of a file is read even if the memory is used up: its type is in it, and mostly its size. */
const LEAST_BYTES = 16 * 1024;

/**
 * Reads the start of a file: until it ends, turns out longer than `limit` bytes, or the memory is used up: then the rest goes to
 * disk.
 *
 * @param admission absent for bytes that are the backend's own, and are not ours to count
 */
export async function readAhead(source: FileSource, limit: number, admission?: Admission): Promise<Head> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let start = 0;
  let isCounted = true;
  while (size <= limit && (isCounted || size < LEAST_BYTES)) {
    const chunk = await source.read();
    if (!chunk) return { bytes: Buffer.concat(chunks), ended: true, isSlow: false, isCounted };
    if (size === 0) start = performance.now();
    chunks.push(chunk);
    size += chunk.length;
    if (admission && isCounted) {
      const isSlow = admission.isMemoryScarce() && isSlowStart(size, performance.now() - start);
      isCounted = admission.holdMemory(chunk.length + CHUNK_BYTES, isSlow);
    }
  }
  const isSlow = !isCounted || isSlowStart(size, performance.now() - start);
  return { bytes: Buffer.concat(chunks), ended: false, isSlow, isCounted };
}

/** The whole of a file that had arrived with its headers. */
export const arrivedHead = (bytes: Uint8Array, admission: Admission): Head => ({
  bytes,
  ended: true,
  isSlow: false,
  isCounted: admission.holdMemory(bytes.length + CHUNK_BYTES),
});
