import { Slots } from './slots.ts';

/** What the uploads of an instance may use at once. */
export interface CapacityRules {
  /** Uploads to Imgwire that run at once. */
  readonly maxConcurrentUploads: number;
  /** Memory for what has arrived and is not sent yet, in bytes. */
  readonly maxBufferedBytes: number;
  /** Longest wait for a slot, in milliseconds. */
  readonly queueTimeoutMs: number;
}

/** The slots, the memory and the disk that all uploads share. A {@link Reservation} is one file's part of them. */
export interface Capacity {
  readonly rules: CapacityRules;
  readonly slots: Slots;
  /** Bytes in memory, without those in flight to Imgwire. */
  readonly memory: Counter;
  /** Bytes in temporary files. */
  readonly disk: Counter;
  /** The largest `fileSize` of any upload so far, in bytes. */
  largestFile: number;
}

/** How many bytes are in use, and how many may be. */
export interface Counter {
  used: number;
  most: number;
}

/** Memory of one slot: chunks in the parser, held back, and in flight to the socket. */
const TRANSFER_BYTES = 256 * 1024;
/** The slots take at most this share of the memory. */
const TRANSFERS_SHARE = 1 / 2;

/** Opens a capacity of which nothing is in use. */
export function openCapacity(rules: CapacityRules): Capacity {
  const { maxConcurrentUploads, maxBufferedBytes, queueTimeoutMs } = rules;
  const forTransfers = Math.min(maxConcurrentUploads * TRANSFER_BYTES, maxBufferedBytes * TRANSFERS_SHARE);
  return {
    rules,
    slots: new Slots(Math.max(1, Math.floor(forTransfers / TRANSFER_BYTES)), queueTimeoutMs),
    memory: { used: 0, most: maxBufferedBytes - forTransfers },
    disk: { used: 0, most: Number.POSITIVE_INFINITY },
    largestFile: 0,
  };
}
