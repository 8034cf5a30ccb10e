import { type Signal, whenAborted } from '../base/cancellation.ts';
import { ImgwireUploadError } from '../base/errors.ts';

/** Where the bytes of a transfer come from: a file that is here, or one that arrives at the pace of its client. */
export type Origin = 'here' | 'arriving';

/** A transfer whose place may go to another file. */
export interface Reclaimable {
  /** Whether its client is slow now. */
  isSlow(): boolean;
  /** Called when its place was taken back. */
  onReclaimed(): void;
}

/** A file that waits for a place. */
interface Waiter {
  readonly origin: Origin;
  admit(): void;
}

/** At most this share of the places is of files that still arrive: such a one takes as long as its client likes. */
const ARRIVING_SHARE = 1 / 2;
/** While files wait for a place, it is looked so often for clients that have become slow, milliseconds. */
const RECLAIM_MS = 1_000;

/** A place for one transfer to Imgwire. */
export class Place {
  readonly origin: Origin;
  /** Undefined while it cannot be taken back. */
  #file: Reclaimable | undefined;
  #places: Places | undefined;

  constructor(places: Places, origin: Origin) {
    this.#places = places;
    this.origin = origin;
  }

  /** From now on it may be taken back, or may not. */
  reclaimableBy(file: Reclaimable | undefined): void {
    this.#file = file;
  }

  /** Gives it back, once. */
  release(): void {
    const places = this.#places;
    this.#places = this.#file = undefined;
    places?.giveBack(this);
  }

  /** Takes it back if its client is slow. */
  reclaim(): void {
    const file = this.#file;
    if (!file?.isSlow()) return;
    this.release();
    file.onReclaimed();
  }
}

/** The places for transfers to Imgwire of a connection. */
export class Places {
  readonly #most: number;
  readonly #mostArriving: number;
  readonly #queueTimeoutMs: number;
  #here = 0;
  // Sets keep the order, and can delete in the middle.
  readonly #arriving = new Set<Place>();
  /** While a place is free, only files wait that may not have it. */
  readonly #waiting = new Set<Waiter>();
  #lastReclaim = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param queueTimeoutMs longest wait for a place, milliseconds */
  constructor(places: number, queueTimeoutMs: number) {
    this.#most = places;
    this.#mostArriving = Math.max(1, Math.floor(places * ARRIVING_SHARE));
    this.#queueTimeoutMs = queueTimeoutMs;
  }

  /** A place if one is free. A slow client makes room. */
  tryTake(origin: Origin): Place | undefined {
    if (!this.#isFree(origin)) this.#reclaim();
    return this.#isFree(origin) ? this.#grant(origin) : undefined;
  }

  /**
   * Waits for a place, first come first served.
   *
   * @throws ImgwireUploadError `TOO_MANY_UPLOADS` when the wait was too long; the signal's reason
   */
  wait(origin: Origin, signal: Signal): Promise<Place> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = (): void => {
        clearTimeout(timer);
        removeListener();
        this.#waiting.delete(waiter);
        if (this.#waiting.size === 0) this.#stopLooking();
      };
      const admit = (): void => {
        leave();
        resolve(this.#grant(origin));
      };
      const waiter = { origin, admit };
      const refuse = (reason: unknown): void => {
        leave();
        reject(reason);
      };
      const timer = setTimeout(() => refuse(this.busy()), this.#queueTimeoutMs);
      const removeListener = whenAborted(signal, refuse);
      this.#waiting.add(waiter);
      // Nobody else may come who would look.
      this.#timer ??= setInterval(() => this.#reclaim(), RECLAIM_MS);
    });
  }

  /** The error of whoever cannot be served now. */
  busy(): ImgwireUploadError {
    return new ImgwireUploadError('TOO_MANY_UPLOADS', { retryAfter: Math.ceil(this.#queueTimeoutMs / 1000) });
  }

  /** @internal of {@link Place.release} */
  giveBack(place: Place): void {
    if (place.origin === 'here') this.#here -= 1;
    else this.#arriving.delete(place);
    this.#admitNext();
  }

  #isFree(origin: Origin): boolean {
    const { size } = this.#arriving;
    return this.#here + size < this.#most && (origin === 'here' || size < this.#mostArriving);
  }

  #grant(origin: Origin): Place {
    const place = new Place(this, origin);
    if (origin === 'here') this.#here += 1;
    else this.#arriving.add(place);
    return place;
  }

  #admitNext(): void {
    for (const { origin, admit } of this.#waiting) {
      if (!this.#isFree('here')) return;
      if (this.#isFree(origin)) admit();
    }
  }

  #reclaim(): void {
    const now = performance.now();
    // Under attack a place is asked for thousands of times a second.
    if (now - this.#lastReclaim < RECLAIM_MS / 10) return;
    this.#lastReclaim = now;
    for (const place of this.#arriving) place.reclaim();
  }

  #stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
