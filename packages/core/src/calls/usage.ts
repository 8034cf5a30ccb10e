import type { Context } from '../upload/context.ts';

/** What the uploads of a connection use at this moment, see `Imgwire.usage()`. */
export interface ImgwireUsage {
  /** Transfers to Imgwire under way; at most `maxConcurrentUploads`. */
  readonly active: number;
  /** Files that wait for a transfer. More than a few for long means that Imgwire is slow, or `maxConcurrentUploads` low. */
  readonly waiting: number;
  /** How long the first of them has waited, milliseconds; 0 if none waits. At `queueTimeoutMs` it is refused. */
  readonly oldestWaitMs: number;
  /** Memory of what has arrived and is neither sent nor on disk yet, bytes; at most `maxBufferedBytes`. That of the transfers is not in it. */
  readonly bufferedBytes: number;
  /** Memory of the copies from which files are sent again, bytes; at most `maxReplayBytes`. */
  readonly replayBytes: number;
  /** What is in the temporary folder, bytes. */
  readonly diskBytes: number;
}

/** Reads the counters of a connection, which costs nothing. */
export const usage = ({ capacity: { slots, memory, disk }, copies }: Context): ImgwireUsage => ({
  active: slots.active(),
  waiting: slots.waiting(),
  oldestWaitMs: slots.oldestWaitMs(),
  bufferedBytes: memory.used,
  replayBytes: copies.bytesInMemory(),
  diskBytes: disk.used,
});
