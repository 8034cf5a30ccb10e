/**
 * A client below this rate is slow, in bytes per second. Its file is received before it is sent, which takes a fraction longer.
 */
const SLOW_BYTES_PER_SECOND = 64 * 1024;
/** A client below this rate gives its slot to another, in bytes per second. */
const FAST_BYTES_PER_SECOND = 256 * 1024;
/** What takes at least this time is worth not to be waited for, in milliseconds. */
const LONG_MS = 10;
/** A rate is measured over at least this time, in milliseconds. */
const WINDOW_MS = 1_000;

/** Whether a client that has sent so many bytes in so many milliseconds is slow. */
export const isSlowStart = (bytes: number, ms: number): boolean => bytes * 1000 < SLOW_BYTES_PER_SECOND * ms;

/**
 * Whether a fast client will take long for its next bytes. Nothing is gained by not waiting for those of one as fast as we are.
 *
 * @param bytes what it has sent in `ms` milliseconds, behind its first chunk: that came with the headers
 */
export const takesLong = (next: number, bytes: number, ms: number): boolean =>
  bytes > 0 && bytes * 1000 >= FAST_BYTES_PER_SECOND * ms && next * ms >= LONG_MS * bytes;

/** Measures how fast a client sends. Only the time counts in which we wait for it, so a slow reader changes nothing. */
export class ClientRate {
  #start = performance.now();
  #bytes = 0;
  #waitedMs = 0;
  #waitingSince: number | undefined;

  /** Notes that we wait for the next chunk. */
  wait(): void {
    this.#waitingSince = performance.now();
  }

  /** Notes that it has arrived. */
  arrived(bytes: number): void {
    this.#bytes += bytes;
    if (this.#waitingSince !== undefined) this.#waitedMs += performance.now() - this.#waitingSince;
    this.#waitingSince = undefined;
  }

  /** Whether the client was slow since the last call: slower than one that may take its slot. */
  isSlow(): boolean {
    const now = performance.now();
    const windowMs = now - this.#start;
    if (windowMs < WINDOW_MS) return false;
    const waitedMs = this.#waitedMs + (this.#waitingSince === undefined ? 0 : now - this.#waitingSince);
    const bytes = this.#bytes;
    this.#start = now;
    this.#bytes = this.#waitedMs = 0;
    if (this.#waitingSince !== undefined) this.#waitingSince = now;
    // Else we waited for Imgwire most of the time.
    return waitedMs * 2 > windowMs && bytes * 1000 < FAST_BYTES_PER_SECOND * waitedMs;
  }
}
