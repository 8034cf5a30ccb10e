import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './worker.ts';

/** A slow line: its rate, and what each message takes to arrive. */
export interface Line {
  readonly bytesPerSecond: number;
  readonly latencyMs: number;
}

/** Timers are exact to a millisecond or so: less than this is not waited for but carried over. */
const GRAIN_MS = 4;

/** Counts bytes against a rate from the first one on; answers how many milliseconds the next must wait. */
export function paceOf(bytesPerSecond: number): (bytes: number) => number {
  let begun: number | undefined;
  let sent = 0;
  return (bytes) => {
    begun ??= now();
    sent += bytes;
    const ahead = begun + (sent / bytesPerSecond) * 1000 - now();
    return ahead > GRAIN_MS ? ahead : 0;
  };
}

/** Of a message, as it comes over a line: at 20 Mbit/s two milliseconds. */
const PIECE_BYTES = 5000;

/**
 * Brings each piece of a message when its last byte has come.
 *
 * @param onLast is called right before the last one
 */
export async function* arriving(
  bytes: Uint8Array,
  bytesPerSecond: number,
  onLast: () => void,
): AsyncGenerator<Uint8Array> {
  const begun = now();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    const waitMs = begun + ((at + piece.length) / bytesPerSecond) * 1000 - now();
    if (waitMs > 0) await sleep(waitMs);
    if (at + piece.length === bytes.length) onLast();
    yield piece;
  }
}

/** Writes bytes as a slow line would bring them. */
export async function* overLine(bytes: Uint8Array, line: Line): AsyncGenerator<Uint8Array> {
  const pace = paceOf(line.bytesPerSecond);
  await sleep(line.latencyMs);
  for (let at = 0; at < bytes.length; at += 65_536) {
    const chunk = bytes.subarray(at, at + 65_536);
    yield chunk;
    await sleep(pace(chunk.length));
  }
}
