import type { Signal } from '../cancellation.ts';
import type { ImgwireError } from '../errors.ts';
import type { Capacity } from './capacity.ts';
import { type FileEvent, publish } from './events.ts';
import type { Origin, Slot } from './slots.ts';

/** Stands for the size of files without a limit, bytes. */
const DEFAULT_FILE_SIZE = 50 * 1024 * 1024;
/** At most this share of the memory is for slow clients. Or a fast one would wait for the disk together with thousands of them. */
const SLOW_SHARE = 1 / 2;

/** What one file has of the budget. A class, since every file has one. */
export class Reservation {
  /** How long the file has waited for its places, milliseconds. */
  queuedMs = 0;
  readonly #capacity: Capacity;
  readonly #signal: Signal;
  readonly #about: FileEvent;
  #memory = 0;
  #disk = 0;
  #place: Slot | undefined;

  /** @param fileSize its maximum size, bytes */
  constructor(capacity: Capacity, fileSize: number, signal: Signal, about: FileEvent) {
    this.#capacity = capacity;
    capacity.largestFile = Math.max(
      capacity.largestFile,
      Number.isFinite(fileSize) ? fileSize : DEFAULT_FILE_SIZE,
    );
    this.#signal = signal;
    this.#about = about;
  }

  /** Whether what is left of the memory is for fast clients. */
  isMemoryScarce(): boolean {
    const { used, most } = this.#capacity.memory;
    return used > most * SLOW_SHARE;
  }

  /**
   * Counts bytes in memory, if there is any left; returns whether there was.
   *
   * @param isSlow whether its client is slow
   */
  holdMemory(bytes: number, isSlow: boolean = false): boolean {
    const { memory } = this.#capacity;
    if (memory.used + bytes > memory.most * (isSlow ? SLOW_SHARE : 1)) return false;
    memory.used += bytes;
    this.#memory += bytes;
    return true;
  }

  /** What it had in memory is sent, or on disk. */
  releaseMemory(): void {
    this.#capacity.memory.used -= this.#memory;
    this.#memory = 0;
  }

  /**
   * Whether there is room for bytes on disk now: for as many of the largest files as are sent at once, and always for a file that is
   * alone.
   */
  hasDisk(bytes: number): boolean {
    const { disk, rules, largestFile } = this.#capacity;
    const most = Math.min(disk.most, rules.maxConcurrentUploads * largestFile);
    return disk.used === this.#disk || disk.used + bytes <= most;
  }

  /** Counts bytes on disk, if there is room; returns whether there was. */
  holdDisk(bytes: number): boolean {
    if (!this.hasDisk(bytes)) return false;
    this.#capacity.disk.used += bytes;
    this.#disk += bytes;
    return true;
  }

  /** What it had on disk is deleted. */
  releaseDisk(): void {
    this.#capacity.disk.used -= this.#disk;
    this.#disk = 0;
  }

  /** Whether it has a place for its transfer. */
  hasSlot(): boolean {
    return this.#place !== undefined;
  }

  /** Takes a place if it has one, or one is free; returns whether it has one then. */
  tryTake(origin: Origin): boolean {
    this.#place ??= this.#capacity.slots.tryTake(origin);
    return this.#place !== undefined;
  }

  /** Waits for a place, like {@link Slots.wait}. */
  async takeLater(origin: Origin): Promise<void> {
    const start = performance.now();
    publish('imgwire:upload:waiting', () => ({ ...this.#about }));
    this.#place = await this.#capacity.slots.wait(origin, this.#signal);
    this.queuedMs += performance.now() - start;
  }

  /** From now on its place may go to another file, or may not: see {@link Slot.onNeeded}. */
  onSlotNeeded(yields: (() => boolean) | undefined): void {
    this.#place?.onNeeded(yields);
  }

  /** Gives its place back. */
  leave(): void {
    this.#place?.release();
    this.#place = undefined;
  }

  /** Gives everything back. */
  release(): void {
    this.leave();
    this.releaseMemory();
    this.releaseDisk();
  }

  /** The error where there is nothing left. */
  busy(): ImgwireError {
    return this.#capacity.slots.busy();
  }
}
