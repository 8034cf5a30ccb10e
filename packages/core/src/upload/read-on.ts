import type { Reservation } from './reservation.ts';
import type { ReadChunk } from './upload-body.ts';

/** What a chunk in memory costs besides its bytes. */
export const CHUNK_OVERHEAD = 400;

/**
 * Reads on behind a read-ahead that has ended early, as far as that would have gone. So the client need not wait while the record
 * is created.
 */
export class ReadOn {
  readonly #source: ReadChunk;
  readonly #reservation: Reservation;
  readonly #chunks: Uint8Array[] = [];
  #room: number;
  /** The next chunk behind those. */
  #pending: Promise<Uint8Array | undefined> | undefined;

  /**
   * @param pending the next chunk, which is being read
   * @param room how much to read on, in bytes
   */
  constructor(
    source: ReadChunk,
    pending: Promise<Uint8Array | undefined>,
    room: number,
    reservation: Reservation,
  ) {
    this.#source = source;
    this.#pending = pending;
    this.#room = room;
    this.#reservation = reservation;
    // Whoever reads next is told.
    this.#fill().catch(() => undefined);
  }

  /** Returns the next chunk. From the first call on, nothing is read before it is asked for. */
  readonly read: ReadChunk = () => {
    this.#room = 0;
    const chunk = this.#chunks.shift();
    if (chunk) return Promise.resolve(chunk);
    const pending = this.#pending ?? this.#source();
    this.#pending = undefined;
    return pending;
  };

  async #fill(): Promise<void> {
    for (let pending = this.#pending; pending; pending = this.#pending) {
      const chunk = await pending;
      if (!chunk || pending !== this.#pending || !this.#hold(chunk)) return;
      this.#chunks.push(chunk);
      this.#pending = this.#source();
    }
  }

  #hold({ length }: Uint8Array): boolean {
    const taken = length + CHUNK_OVERHEAD;
    if (taken > this.#room || !this.#reservation.holdMemory(taken)) return false;
    this.#room -= taken;
    return true;
  }
}
