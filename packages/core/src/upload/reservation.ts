import type { Signal } from '../cancellation.ts';
import type { ImgwireError } from '../errors.ts';
import type { Capacity } from './capacity.ts';
import { type FileEvent, publish } from './events.ts';
import type { Origin, Slot } from './slots.ts';

/** Stands for the size of files without a limit, in bytes. */
const DEFAULT_FILE_SIZE = 50 * 1024 * 1024;
/** At most this share of the memory is for slow clients. Else thousands of them would send a fast one to the disk too. */
const SLOW_SHARE = 1 / 2;

/** One file's part of the capacity. A class, since every file has one. */
export class Reservation {
  /** How long the file has waited for its slots, in milliseconds. */
  queuedMs = 0;
  readonly #capacity: Capacity;
  readonly #signal: Signal;
  readonly #about: FileEvent;
  #memory = 0;
  #disk = 0;
  #slot: Slot | undefined;

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
   * Counts bytes in memory, if there is room. Returns whether there was.
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

  /** Counts no more bytes in memory: they are sent, or on disk. */
  releaseMemory(): void {
    this.#capacity.memory.used -= this.#memory;
    this.#memory = 0;
  }

  /**
   * Whether there is room for bytes on disk now. There is for as many of the largest files as are sent at once, and always for a
   * file that is alone.
   */
  hasDisk(bytes: number): boolean {
    const { disk, rules, largestFile } = this.#capacity;
    const most = Math.min(disk.most, rules.maxConcurrentUploads * largestFile);
    return disk.used === this.#disk || disk.used + bytes <= most;
  }

  /** Counts bytes on disk, if there is room. Returns whether there was. */
  holdDisk(bytes: number): boolean {
    if (!this.hasDisk(bytes)) return false;
    this.#capacity.disk.used += bytes;
    this.#disk += bytes;
    return true;
  }

  /** Counts no more bytes on disk: they are deleted. */
  releaseDisk(): void {
    this.#capacity.disk.used -= this.#disk;
    this.#disk = 0;
  }

  /** Whether it has a slot. */
  hasSlot(): boolean {
    return this.#slot !== undefined;
  }

  /** Whether a slot is free. Slow clients are not asked for theirs. */
  isSlotFree(origin: Origin): boolean {
    return this.#capacity.slots.isFree(origin);
  }

  /** Takes a slot if one is free. Returns whether it has one then. */
  tryTake(origin: Origin): boolean {
    this.#slot ??= this.#capacity.slots.tryTake(origin);
    return this.#slot !== undefined;
  }

  /** Waits for a slot, like {@link Slots.wait}. */
  async takeLater(origin: Origin): Promise<void> {
    const start = performance.now();
    publish('imgwire:upload:waiting', () => ({ ...this.#about }));
    this.#slot = await this.#capacity.slots.wait(origin, this.#signal);
    this.queuedMs += performance.now() - start;
  }

  /** Sets whether its slot may go to another file: see {@link Slot.onNeeded}. */
  onSlotNeeded(yields: (() => boolean) | undefined): void {
    this.#slot?.onNeeded(yields);
  }

  /** Gives its slot back. */
  releaseSlot(): void {
    this.#slot?.release();
    this.#slot = undefined;
  }

  /** Gives everything back. */
  release(): void {
    this.releaseSlot();
    this.releaseMemory();
    this.releaseDisk();
  }

  /** The error of a file for which nothing is left. */
  busy(): ImgwireError {
    return this.#capacity.slots.busy();
  }
}
