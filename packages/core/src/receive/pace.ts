import { ImgwireUploadError } from '../base/errors.ts';

/** What is asked of a client while it sends. */
export interface PaceRules {
  /** Longest wait for the next bytes, and the time over which the rate is taken, milliseconds. */
  readonly stallTimeoutMs: number;
  /** The slowest rate that is taken; 0 for none. */
  readonly minBytesPerSecond: number;
}

/** A watch over how fast a client sends. */
export interface Pace {
  /** Takes note of bytes that came. */
  received(bytes: number): void;
  /** The client is held up: from now on it is not the client that is slow. */
  hold(): void;
  /** The client may send again. */
  resume(): void;
  /** Ends the watch. */
  stop(): void;
}

/**
 * Watches a client from now on. A client that trickles holds a socket, a file and a place in the queue as well as one that
 * says nothing, so both are ended: the one after a silence, the other by its rate over whole windows, in which the time
 * that it was held up does not count.
 *
 * @param fail called with `CLIENT_STALLED` or `CLIENT_TOO_SLOW`
 */
export function watchPace(rules: PaceRules, fail: (error: ImgwireUploadError) => void): Pace {
  const { stallTimeoutMs, minBytesPerSecond } = rules;
  let last = performance.now();
  // One timer that looks at the clock: to wind one up anew for each chunk costs more than the chunk's own way.
  const look = (): void => {
    const idleMs = activeSince === undefined ? 0 : performance.now() - last;
    if (idleMs >= stallTimeoutMs) fail(new ImgwireUploadError('CLIENT_STALLED'));
    else timer = setTimeout(look, Math.max(1, stallTimeoutMs - idleMs));
  };
  let timer = setTimeout(look, stallTimeoutMs);
  let bytes = 0;
  let activeMs = 0;
  let activeSince: number | undefined = performance.now();
  const rest = (): void => {
    if (activeSince !== undefined) activeMs += performance.now() - activeSince;
    activeSince = undefined;
  };
  const judge = (): void => {
    const held = activeSince === undefined;
    rest();
    // A window in which the client was mostly held up says nothing.
    if (activeMs * 2 > stallTimeoutMs && bytes * 1000 < minBytesPerSecond * activeMs) {
      fail(new ImgwireUploadError('CLIENT_TOO_SLOW'));
    }
    bytes = 0;
    activeMs = 0;
    if (!held) activeSince = performance.now();
  };
  const windows = minBytesPerSecond > 0 ? setInterval(judge, stallTimeoutMs) : undefined;
  return {
    received: (count) => {
      bytes += count;
      last = performance.now();
    },
    hold: rest,
    resume: () => {
      last = performance.now();
      activeSince ??= last;
    },
    stop: () => {
      clearTimeout(timer);
      clearInterval(windows);
    },
  };
}
