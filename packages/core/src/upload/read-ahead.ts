import type { ImageProbe } from './accept.ts';
import { isSlowStart, takesLong } from './client-rate.ts';
import { CHUNK_OVERHEAD, ReadOn } from './read-on.ts';
import type { Reservation } from './reservation.ts';
import type { FileSource, ReadAhead, ReadChunk } from './upload-body.ts';

/** We join smaller chunks. Else a client that sends one byte in each would take a hundred times the memory of others. */
const SMALL_BYTES = 1024;
const BLOCK_BYTES = 4096;
/** How much of a file we read even if the memory is used up. Its type is in it, and mostly its dimensions. */
const LEAST_BYTES = 16 * 1024;

/**
 * Reads the start of a file: to its end, to `limit` bytes, or until the memory is used up. Then the rest goes to disk.
 *
 * @param reservation counts the bytes; absent for those of the backend's own file
 * @param probe ends it as soon as that knows enough, if the client is fast, and what is left of the read-ahead takes long
 */
export async function readAhead(
  source: FileSource,
  limit: number,
  reservation?: Reservation,
  probe?: ImageProbe,
): Promise<ReadAhead> {
  const chunks = new Chunks();
  let size = 0;
  let start = 0;
  let first = 0;
  let isCounted = true;
  while (size <= limit && (isCounted || size < LEAST_BYTES)) {
    const chunk = await source.read();
    if (!chunk) return { bytes: chunks.concat(), ended: true, isSlow: false, isCounted };
    if (size === 0) {
      start = performance.now();
      first = chunk.length;
    }
    const taken = chunks.add(chunk);
    size += chunk.length;
    if (reservation && isCounted) {
      const isSlow = reservation.isMemoryScarce() && isSlowStart(size, performance.now() - start);
      isCounted = reservation.holdMemory(taken, isSlow);
    }
    if (!(probe?.pass(chunk, size) && reservation && isCounted)) continue;
    const left = Math.min(limit, probe.length) - size;
    if (left > 0 && takesLong(left, size - first, performance.now() - start)) {
      const { read } = new ReadOn(source.read, source.read(), left, reservation);
      return { bytes: chunks.concat(), ended: false, isSlow: false, isCounted, readOn: read };
    }
  }
  const isSlow = !isCounted || isSlowStart(size, performance.now() - start);
  return { bytes: chunks.concat(), ended: false, isSlow, isCounted };
}

/**
 * Goes on with a read-ahead that has ended early, to where it would have ended otherwise.
 *
 * @param readOn its own
 */
export async function resumeReadAhead(
  { bytes }: ReadAhead,
  readOn: ReadChunk,
  limit: number,
  reservation: Reservation,
): Promise<ReadAhead> {
  let first: Uint8Array | undefined = bytes;
  const read: ReadChunk = () => {
    const chunk = first;
    first = undefined;
    return chunk ? Promise.resolve(chunk) : readOn();
  };
  // All of it is counted once more.
  reservation.releaseMemory();
  return readAhead({ read }, limit, reservation);
}

/** Chunks in their order, small ones joined. */
class Chunks {
  readonly #chunks: Uint8Array[] = [];
  /** Joins small chunks; not in `#chunks` yet. */
  #block: Buffer | undefined;
  #used = 0;

  /** Adds a chunk. Returns the memory that it takes, in bytes. */
  add(chunk: Uint8Array): number {
    const isSmall = chunk.length < SMALL_BYTES;
    if (!isSmall || this.#used + chunk.length > BLOCK_BYTES) this.#endBlock();
    if (!isSmall) {
      this.#chunks.push(chunk);
      return chunk.length + CHUNK_OVERHEAD;
    }
    const taken = this.#block ? 0 : BLOCK_BYTES + CHUNK_OVERHEAD;
    this.#block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#block.set(chunk, this.#used);
    this.#used += chunk.length;
    return taken;
  }

  concat(): Buffer {
    this.#endBlock();
    return Buffer.concat(this.#chunks);
  }

  #endBlock(): void {
    if (this.#block) this.#chunks.push(this.#block.subarray(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }
}

/** The read-ahead of a file that had arrived with its headers, as a whole. */
export const arrivedHead = (bytes: Uint8Array, reservation: Reservation): ReadAhead => ({
  bytes,
  ended: true,
  isSlow: false,
  isCounted: reservation.holdMemory(bytes.length + CHUNK_OVERHEAD),
});
