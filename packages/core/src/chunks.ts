/** Size of a chunk, in bytes: what a socket of Node delivers at most at once. */
export const CHUNK_BYTES: number = 64 * 1024;

/** Cuts bytes into chunks. They are views of the bytes, not copies. */
export function* chunksOf(
  bytes: Uint8Array,
  size: number = CHUNK_BYTES,
): Generator<Uint8Array, undefined, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  return undefined;
}

/** Reads bytes chunk by chunk; undefined is the end. */
export function chunkReader(bytes: Uint8Array): () => Promise<Uint8Array | undefined> {
  const chunks = chunksOf(bytes);
  return async () => chunks.next().value;
}
