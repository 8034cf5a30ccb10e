import type { Faults } from './faults.ts';
import type { EmulatorImage } from './image-record.ts';
import type { EmulatorRequest } from './request-log.ts';

/** The images that the service holds now, without deleted ones. */
export interface EmulatorImages {
  /** Records as on the wire, newest last. */
  list(): EmulatorImage[];
  /** The record. Undefined if there is none, or it was deleted. */
  get(id: string): EmulatorImage | undefined;
  /** The stored bytes. Undefined while there are none. */
  bytes(id: string): Promise<Buffer | undefined>;
  /** Lower-case hex of the stored bytes, computed as they arrived. */
  sha256(id: string): string | undefined;
}

/** A running emulator. */
export interface Emulator {
  /** The address that it listens on, without a trailing slash. */
  readonly url: string;
  readonly apiKey: string;
  readonly clientKey: string;
  readonly images: EmulatorImages;
  /** The requests in the order of their arrival: a live array of live objects. */
  readonly requests: EmulatorRequest[];
  readonly faults: Faults;
  /** How many sockets are open now. */
  connections(): number;
  /**
   * Resolves with the first value of `check` that is not undefined, null or false. The check runs now and
   * after every change: a request arrives, bytes arrive, a response is sent, a record changes, a socket closes.
   * @throws Error after `timeoutMs` (10000 by default), with the requests seen in its message
   */
  waitFor<T>(
    check: (emulator: Emulator) => T | undefined | false | null,
    options?: { readonly timeoutMs?: number; readonly description?: string },
  ): Promise<T>;
  /**
   * Resolves with the record once it is READY.
   * @throws Error if it goes into quarantine, is deleted, or takes longer than `timeoutMs` (10000 by default)
   */
  waitUntilReady(id: string, options?: { readonly timeoutMs?: number }): Promise<EmulatorImage>;
  /** @throws Error that names the records that are PENDING or PROCESSING */
  assertNothingPending(): void;
  /** @throws Error that names the records that have no bytes */
  assertEveryRecordHasBytes(): void;
  /** @throws Error that says how many sockets are open */
  assertNoOpenConnections(): void;
  /** Clears records, bytes, tokens, faults and the log, and aborts requests in flight. Keys and idle connections stay. */
  reset(): Promise<void>;
  /** Lets the process end while the emulator listens, as `server.unref()` of Node does. */
  unref(): void;
  /** Closes every connection, and stops listening. State in a folder stays for the next start. */
  close(): Promise<void>;
}
