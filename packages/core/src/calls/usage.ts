import type { Context } from '../upload/context.ts';

/** What the uploads of an instance use at this moment: see `Imgwire.usage()`. */
export interface ImgwireUsage {
  /** Slots in use: uploads to Imgwire that run now. At most `maxConcurrentUploads`. */
  readonly active: number;
  /** Files that wait for a slot. Many for long means that Imgwire is slow, or `maxConcurrentUploads` low. */
  readonly waiting: number;
  /** How long the first of them has waited, in milliseconds; 0 if none waits. At `queueTimeoutMs` it is rejected. */
  readonly oldestWaitMs: number;
  /**
   * Memory for what has arrived and is neither sent nor on disk yet, in bytes. At most `maxBufferedBytes`. Bytes in flight to
   * Imgwire are not in it.
   */
  readonly bufferedBytes: number;
  /** Memory for replay copies, in bytes. At most `maxReplayBytes`. */
  readonly replayBytes: number;
  /** Size of our files in the temporary folder, in bytes. */
  readonly diskBytes: number;
}

/** Reads the counters of an instance, which costs nothing. */
export const usage = ({ capacity: { slots, memory, disk }, copies }: Context): ImgwireUsage => ({
  active: slots.active(),
  waiting: slots.waiting(),
  oldestWaitMs: slots.oldestWaitMs(),
  bufferedBytes: memory.used,
  replayBytes: copies.bytesInMemory(),
  diskBytes: disk.used,
});
