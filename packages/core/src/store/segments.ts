/** A pool of memory for the copies on disk, which spares the garbage collector. */

export const SEGMENT_BYTES = 128 * 1024;
/** At most so many are in use in the whole process, and at most so many are kept free. */
export const MOST_SEGMENTS = 32;

const spare: Buffer[] = [];
let taken = 0;

/** How many segments are in use, in the whole process. */
export const segmentsTaken = (): number => taken;

/** Takes a segment; its content is arbitrary. */
export function takeSegment(): Buffer {
  taken += 1;
  return spare.pop() ?? Buffer.allocUnsafeSlow(SEGMENT_BYTES);
}

/** Returns segments to the pool; the caller must not use them any more. */
export function giveSegments(segments: readonly Buffer[]): void {
  taken -= segments.length;
  spare.push(...segments.slice(0, MOST_SEGMENTS - spare.length));
}
