import { Slots } from './slots.ts';

/** What the uploads of a connection may use at once. */
export interface CapacityRules {
  /** Transfers to Imgwire under way. */
  readonly maxConcurrentUploads: number;
  /** Memory of what has arrived and is not sent yet, bytes. */
  readonly maxBufferedBytes: number;
  /** Longest wait for a transfer, milliseconds. */
  readonly queueTimeoutMs: number;
}

/** The budget that the uploads of a connection share: what is scarce. Each file has its part in an {@link Reservation}. */
export interface Capacity {
  readonly rules: CapacityRules;
  readonly slots: Slots;
  /** Bytes in memory, without those of the transfers. */
  readonly memory: Counter;
  /** Bytes in temporary files. */
  readonly disk: Counter;
  /** The largest size that a file may have had so far, bytes. */
  largestFile: number;
}

/** Bytes in use, and the most of them. */
export interface Counter {
  used: number;
  most: number;
}

/** Memory of a transfer: chunks in the parser, held back, and in flight to the socket. */
const TRANSFER_BYTES = 256 * 1024;
/** The transfers take at most this share of the memory. */
const TRANSFERS_SHARE = 1 / 2;

/** Opens an unused budget. */
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
