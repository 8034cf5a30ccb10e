import { now } from './worker.ts';

/** How many bytes of a connection may be under way in one direction. */
export interface Window {
  /** How many more may be sent now. */
  room(): number;
  sent(bytes: number): void;
  acknowledged(bytes: number): void;
}

/** What a receiver takes at most: more than any file of the line, so that only the window of a slow start is felt. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Ten segments (RFC 6928) of 1,460 bytes. */
const INITIAL_BYTES = 14_600;
/** Linux waits a round trip and this before it takes a connection for idle. */
const IDLE_MS = 200;

/** A window that is open from the first byte on. */
export function openWindow(): Window {
  let underWay = 0;
  return {
    room: () => MOST_BYTES - underWay,
    sent: (bytes) => {
      underWay += bytes;
    },
    acknowledged: (bytes) => {
      underWay -= bytes;
    },
  };
}

/**
 * A window as Linux opens it, on a line that loses nothing: ten segments, and as much more as is acknowledged, while at least half of
 * it is used. It is halved for each time-out that the connection was idle.
 */
export function slowWindow(roundTripMs: number): Window {
  let size = INITIAL_BYTES;
  let underWay = 0;
  let lastSent = now();
  const shrink = (): void => {
    const timeOuts = Math.floor((now() - lastSent) / (roundTripMs + IDLE_MS));
    if (underWay > 0 || timeOuts === 0) return;
    size = Math.max(INITIAL_BYTES, Math.floor(size / 2 ** timeOuts));
    lastSent = now();
  };
  return {
    room: () => {
      shrink();
      return size - underWay;
    },
    sent: (bytes) => {
      underWay += bytes;
      lastSent = now();
    },
    acknowledged: (bytes) => {
      if (underWay * 2 > size) size = Math.min(MOST_BYTES, size + bytes);
      underWay -= bytes;
    },
  };
}
