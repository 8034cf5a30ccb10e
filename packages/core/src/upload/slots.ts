import { type Signal, whenAborted } from '../cancellation.ts';
import { ImgwireError } from '../errors.ts';
import { startTimeout } from '../timeout.ts';

/** Where the bytes of an upload are: here, or still arriving, at the rate of the client. */
export type Origin = 'here' | 'arriving';

/** A file that waits for a slot. */
interface Waiter {
  readonly since: number;
  grant(): void;
}

/** Files that still arrive get at most this share of the slots: each takes as long as its client likes. */
const ARRIVING_SHARE = 1 / 2;
/** While files wait for a slot, we look for slow clients this often, in milliseconds. */
const RECLAIM_MS = 1_000;

/** A slot: one upload to Imgwire that runs. */
export class Slot {
  readonly origin: Origin;
  #yields: (() => boolean) | undefined;
  #isReclaimed: boolean = false;
  #slots: Slots | undefined;

  constructor(slots: Slots, origin: Origin) {
    this.#slots = slots;
    this.origin = origin;
  }

  /**
   * Sets whether it may be taken back.
   *
   * @param yields called when another file needs it. Returns whether the slot is going to be released, and is then not called
   *   again
   */
  onNeeded(yields: (() => boolean) | undefined): void {
    this.#yields = yields;
    if (yields) this.#isReclaimed = false;
  }

  /** Gives it back, once. */
  release(): void {
    const slots = this.#slots;
    this.#slots = this.#yields = undefined;
    slots?.giveBack(this);
  }

  /** Takes it back, if it may. Returns whether it is free soon. */
  reclaim(): boolean {
    if (this.#yields?.()) {
      this.#yields = undefined;
      this.#isReclaimed = true;
    }
    return this.#isReclaimed;
  }
}

/** The slots of an instance, and the queue in front of them. */
export class Slots {
  readonly #most: number;
  readonly #mostArriving: number;
  readonly #queueTimeoutMs: number;
  #here = 0;
  // Sets keep the order, and can delete in the middle.
  readonly #arriving = new Set<Slot>();
  /** While a slot is free, only files wait that may not have it. */
  readonly #waiting = { here: new Set<Waiter>(), arriving: new Set<Waiter>() };
  #lastReclaim = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param queueTimeoutMs longest wait for a slot, in milliseconds */
  constructor(slots: number, queueTimeoutMs: number) {
    this.#most = slots;
    this.#mostArriving = Math.max(1, Math.floor(slots * ARRIVING_SHARE));
    this.#queueTimeoutMs = queueTimeoutMs;
  }

  /** Slots in use. */
  active(): number {
    return this.#here + this.#arriving.size;
  }

  /** Files that wait for a slot. */
  waiting(): number {
    return this.#waiting.here.size + this.#waiting.arriving.size;
  }

  /** How long the first of them has waited, in milliseconds; 0 if none waits. */
  oldestWaitMs(): number {
    const first = this.#firstOf(['here', 'arriving']);
    return first ? performance.now() - first.since : 0;
  }

  /** Whether a slot is free. */
  isFree(origin: Origin): boolean {
    const { size } = this.#arriving;
    return this.#here + size < this.#most && (origin === 'here' || size < this.#mostArriving);
  }

  /** Takes a slot if one is free. If none is, slow clients are asked for theirs. */
  tryTake(origin: Origin): Slot | undefined {
    if (!this.isFree(origin)) this.#reclaim(this.waiting() + 1);
    return this.isFree(origin) ? this.#grant(origin) : undefined;
  }

  /**
   * Waits for a slot, first come first served.
   *
   * @throws ImgwireError `TOO_MANY_UPLOADS` when the wait was too long; the signal's reason
   */
  wait(origin: Origin, signal: Signal): Promise<Slot> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leaveQueue = (): void => {
        stopTimeout();
        removeListener();
        this.#waiting[origin].delete(waiter);
        if (this.waiting() === 0) this.#stopLooking();
      };
      const grant = (): void => {
        leaveQueue();
        resolve(this.#grant(origin));
      };
      const waiter = { since: performance.now(), grant };
      const giveUp = (reason: unknown): void => {
        leaveQueue();
        reject(reason);
      };
      const stopTimeout = startTimeout(this.#queueTimeoutMs, () => giveUp(this.busy()));
      const removeListener = whenAborted(signal, giveUp);
      this.#waiting[origin].add(waiter);
      // No other file may come, and look.
      this.#timer ??= setInterval(() => this.#reclaim(this.waiting()), RECLAIM_MS);
    });
  }

  /** The error of a file that gets no slot now. */
  busy(): ImgwireError {
    return new ImgwireError('TOO_MANY_UPLOADS', { retryAfter: Math.ceil(this.#queueTimeoutMs / 1000) });
  }

  /** @internal of {@link Slot.release} */
  giveBack(slot: Slot): void {
    if (slot.origin === 'here') this.#here -= 1;
    else this.#arriving.delete(slot);
    this.#grantNext();
  }

  #grant(origin: Origin): Slot {
    const slot = new Slot(this, origin);
    if (origin === 'here') this.#here += 1;
    else this.#arriving.add(slot);
    return slot;
  }

  #grantNext(): void {
    while (this.waiting() > 0 && this.isFree('here')) {
      const next = this.#firstOf(this.isFree('arriving') ? ['here', 'arriving'] : ['here']);
      if (!next) return;
      next.grant();
    }
  }

  /** The file of these origins that came first. */
  #firstOf(origins: readonly Origin[]): Waiter | undefined {
    let first: Waiter | undefined;
    for (const origin of origins) {
      const [waiter] = this.#waiting[origin];
      if (waiter && !(first && first.since <= waiter.since)) first = waiter;
    }
    return first;
  }

  /** Takes so many slots back, as far as files yield: each costs a record. */
  #reclaim(wanted: number): void {
    const now = performance.now();
    // Under attack a slot is asked for thousands of times a second.
    if (now - this.#lastReclaim < RECLAIM_MS / 10) return;
    this.#lastReclaim = now;
    let found = 0;
    for (const slot of this.#arriving) {
      if (found === wanted) return;
      if (slot.reclaim()) found += 1;
    }
  }

  #stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
