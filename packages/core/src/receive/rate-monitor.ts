import { ImgwireError } from '../errors.ts';
import { startTimeout } from '../timeout.ts';

/** How fast a client must send. */
export interface RateRules {
  /** Longest wait for the next bytes, and the window over which the rate is measured, milliseconds. */
  readonly stallTimeoutMs: number;
  /** The minimum rate; 0 for none. */
  readonly minBytesPerSecond: number;
}

/** Watches how fast a client sends. */
export interface RateMonitor {
  /** Counts received bytes. */
  received(bytes: number): void;
  /** Backpressure pauses the client: from now on the client is not to blame. */
  hold(): void;
  /** The client may send again. */
  resume(): void;
  /** Stops watching. */
  stop(): void;
}

/**
 * Starts to watch a client. A slow client occupies a socket, a file and a slot as much as a silent one,
 * so both are ended: one after a silence, the other by its rate over whole windows, not counting the time under backpressure.
 *
 * @param fail called with `CLIENT_STALLED` or `CLIENT_TOO_SLOW`
 */
export function watchRate(rules: RateRules, fail: (error: ImgwireError) => void): RateMonitor {
  const { stallTimeoutMs, minBytesPerSecond } = rules;
  let last = performance.now();
  let windowStart = last;
  let bytes = 0;
  let activeMs = 0;
  let activeSince: number | undefined = last;
  const hold = (): void => {
    if (activeSince !== undefined) activeMs += performance.now() - activeSince;
    activeSince = undefined;
  };
  /** Starts the next window; returns whether the client was too slow in the last. */
  const endWindow = (now: number): boolean => {
    const held = activeSince === undefined;
    hold();
    // A window in which the client was mostly paused does not count.
    const tooSlow = activeMs * 2 > stallTimeoutMs && bytes * 1000 < minBytesPerSecond * activeMs;
    windowStart = now;
    bytes = 0;
    activeMs = 0;
    if (!held) activeSince = now;
    return tooSlow;
  };
  // One timer that checks the clock: restarting one for each chunk costs more than the chunk itself.
  const check = (): void => {
    const now = performance.now();
    const idleMs = activeSince === undefined ? 0 : now - last;
    if (idleMs >= stallTimeoutMs) fail(new ImgwireError('CLIENT_STALLED'));
    else if (now - windowStart >= stallTimeoutMs && endWindow(now)) fail(new ImgwireError('CLIENT_TOO_SLOW'));
    else stopTimeout = startTimeout(Math.max(1, stallTimeoutMs - Math.max(idleMs, now - windowStart)), check);
  };
  let stopTimeout = startTimeout(stallTimeoutMs, check);
  return {
    received: (count) => {
      bytes += count;
      last = performance.now();
    },
    hold,
    resume: () => {
      last = performance.now();
      activeSince ??= last;
    },
    stop: () => stopTimeout(),
  };
}
