/** Pieces of memory for the copies on disk, used again and again: the collector never sees them. */

export const SEGMENT_BYTES = 128 * 1024;
/** With so many in use, in the whole process, no copy takes another; no more than so many are kept for later. */
export const MOST_SEGMENTS = 32;

const spare: Buffer[] = [];
let taken = 0;

/** How many segments are in use, in the whole process. */
export const segmentsTaken = (): number => taken;

/** Takes a segment; what is in it is not to be trusted. */
export function takeSegment(): Buffer {
  taken += 1;
  return spare.pop() ?? Buffer.allocUnsafeSlow(SEGMENT_BYTES);
}

/** Gives segments back, which nobody may touch from then on. */
export function giveSegments(segments: readonly Buffer[]): void {
  taken -= segments.length;
  spare.push(...segments.slice(0, MOST_SEGMENTS - spare.length));
}
