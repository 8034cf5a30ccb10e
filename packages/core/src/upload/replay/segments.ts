// A pool of memory for the copies on disk, which spares the garbage collector.

/** The size of a segment, in bytes. */
export const SEGMENT_BYTES: number = 128 * 1024;
/** At most so many segments are in use in the process, and so many kept free. */
export const MOST_SEGMENTS = 32;

const spare: Buffer[] = [];
let taken = 0;

/** Returns how many segments are in use, in the whole process. */
export const segmentsTaken = (): number => taken;

/** Takes a segment. Its content is arbitrary. */
export function takeSegment(): Buffer {
  taken += 1;
  return spare.pop() ?? Buffer.allocUnsafeSlow(SEGMENT_BYTES);
}

/** Gives segments back to the pool. The caller must not use them any more. */
export function giveSegments(segments: readonly Buffer[]): void {
  taken -= segments.length;
  spare.push(...segments.slice(0, MOST_SEGMENTS - spare.length));
}
