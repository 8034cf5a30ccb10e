import { type Signal, whenAborted } from '../cancellation.ts';
import { ImgwireError } from '../errors.ts';

/** Where the bytes of a transfer come from: a file that is here, or one that arrives at the pace of its client. */
export type Origin = 'here' | 'arriving';

/** A file that waits for a place. */
interface Waiter {
  readonly since: number;
  admit(): void;
}

/** At most this share of the places is of files that still arrive: such a one takes as long as its client likes. */
const ARRIVING_SHARE = 1 / 2;
/** While files wait for a place, it is looked so often for clients that have become slow, milliseconds. */
const RECLAIM_MS = 1_000;

/** A place for one transfer to Imgwire. */
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
   * From now on it may be taken back, or may not.
   *
   * @param yields called when another file needs it: returns whether it is going to be given back, and is then not called again
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

  /** Takes it back if it may be; returns whether it is free soon. */
  reclaim(): boolean {
    if (this.#yields?.()) {
      this.#yields = undefined;
      this.#isReclaimed = true;
    }
    return this.#isReclaimed;
  }
}

/** The places for transfers to Imgwire of a connection. */
export class Slots {
  readonly #most: number;
  readonly #mostArriving: number;
  readonly #queueTimeoutMs: number;
  #here = 0;
  // Sets keep the order, and can delete in the middle.
  readonly #arriving = new Set<Slot>();
  /** While a place is free, only files wait that may not have it. */
  readonly #waiting = { here: new Set<Waiter>(), arriving: new Set<Waiter>() };
  #lastReclaim = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param queueTimeoutMs longest wait for a place, milliseconds */
  constructor(slots: number, queueTimeoutMs: number) {
    this.#most = slots;
    this.#mostArriving = Math.max(1, Math.floor(slots * ARRIVING_SHARE));
    this.#queueTimeoutMs = queueTimeoutMs;
  }

  /** Transfers under way. */
  active(): number {
    return this.#here + this.#arriving.size;
  }

  /** Files that wait for a place. */
  waiting(): number {
    return this.#waiting.here.size + this.#waiting.arriving.size;
  }

  /** How long the first of those has waited, milliseconds; 0 if there is none. */
  oldestWaitMs(): number {
    const first = this.#firstOf(['here', 'arriving']);
    return first ? performance.now() - first.since : 0;
  }

  /** A place if one is free. A slow client makes room. */
  tryTake(origin: Origin): Slot | undefined {
    if (!this.#isFree(origin)) this.#reclaim(this.waiting() + 1);
    return this.#isFree(origin) ? this.#grant(origin) : undefined;
  }

  /**
   * Waits for a place, first come first served.
   *
   * @throws ImgwireError `TOO_MANY_UPLOADS` when the wait was too long; the signal's reason
   */
  wait(origin: Origin, signal: Signal): Promise<Slot> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = (): void => {
        clearTimeout(timer);
        removeListener();
        this.#waiting[origin].delete(waiter);
        if (this.waiting() === 0) this.#stopLooking();
      };
      const admit = (): void => {
        leave();
        resolve(this.#grant(origin));
      };
      const waiter = { since: performance.now(), admit };
      const refuse = (reason: unknown): void => {
        leave();
        reject(reason);
      };
      const timer = setTimeout(() => refuse(this.busy()), this.#queueTimeoutMs);
      const removeListener = whenAborted(signal, refuse);
      this.#waiting[origin].add(waiter);
      // Nobody else may come who would look.
      this.#timer ??= setInterval(() => this.#reclaim(this.waiting()), RECLAIM_MS);
    });
  }

  /** The error of whoever cannot be served now. */
  busy(): ImgwireError {
    return new ImgwireError('TOO_MANY_UPLOADS', { retryAfter: Math.ceil(this.#queueTimeoutMs / 1000) });
  }

  /** @internal of {@link Slot.release} */
  giveBack(place: Slot): void {
    if (place.origin === 'here') this.#here -= 1;
    else this.#arriving.delete(place);
    this.#admitNext();
  }

  #isFree(origin: Origin): boolean {
    const { size } = this.#arriving;
    return this.#here + size < this.#most && (origin === 'here' || size < this.#mostArriving);
  }

  #grant(origin: Origin): Slot {
    const place = new Slot(this, origin);
    if (origin === 'here') this.#here += 1;
    else this.#arriving.add(place);
    return place;
  }

  #admitNext(): void {
    while (this.waiting() > 0 && this.#isFree('here')) {
      const next = this.#firstOf(this.#isFree('arriving') ? ['here', 'arriving'] : ['here']);
      if (!next) return;
      next.admit();
    }
  }

  /** Who of these has come first. */
  #firstOf(origins: readonly Origin[]): Waiter | undefined {
    let first: Waiter | undefined;
    for (const origin of origins) {
      const [waiter] = this.#waiting[origin];
      if (waiter && !(first && first.since <= waiter.since)) first = waiter;
    }
    return first;
  }

  /** Takes so many places back, as far as files yield: each costs a record. */
  #reclaim(wanted: number): void {
    const now = performance.now();
    // Under attack a place is asked for thousands of times a second.
    if (now - this.#lastReclaim < RECLAIM_MS / 10) return;
    this.#lastReclaim = now;
    let found = 0;
    for (const place of this.#arriving) {
      if (found === wanted) return;
      if (place.reclaim()) found += 1;
    }
  }

  #stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
