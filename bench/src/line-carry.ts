import type { Socket } from 'node:net';
import type { Window } from './line-window.ts';
import { now } from './worker.ts';

/** One direction of a connection. */
export interface Direction {
  /** What a byte is under way, milliseconds. */
  readonly oneWayMs: number;
  /** Nothing leaves before; see `now()`. */
  readonly openAt: number;
  readonly window: Window;
}

/** What is due so soon is done at once: half of what a timer is exact to, so that on average nothing comes late. */
const EARLY_MS = 0.5;
/** Timers come up to a millisecond late, never early: they are set for that much before, and once more if it was too soon. */
const LATE_MS = 1;

/** Does what it is given, in that order, each when its time has come. */
function timetable(): (at: number, act: () => void) => void {
  const entries: { readonly at: number; readonly act: () => void }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const [first] = entries;
    timer = first && setTimeout(run, first.at - now() - LATE_MS);
  };
  const run = (): void => {
    while (entries[0] && entries[0].at - now() < EARLY_MS) entries.shift()?.act();
    arm();
  };
  return (at, act) => {
    entries.push({ at, act });
    if (timer === undefined) arm();
  };
}

/**
 * Carries one direction of a connection, its end included. What the window has no room for waits, and then the sender waits too; a
 * byte is under way until the receiver has taken it and its acknowledgement has come back.
 */
export function carry(from: Socket, to: Socket, { oneWayMs, openAt, window }: Direction): void {
  const deliver = timetable();
  const acknowledge = timetable();
  const waiting: Buffer[] = [];
  let ended = false;
  const arrival = (): number => Math.max(now(), openAt) + oneWayMs;
  const sendOne = (bytes: Buffer): void => {
    window.sent(bytes.length);
    const taken = (): void =>
      acknowledge(now() + oneWayMs, () => {
        window.acknowledged(bytes.length);
        send();
      });
    deliver(arrival(), () => to.write(bytes, taken));
  };
  const send = (): void => {
    for (let [first] = waiting; first && window.room() > 0; [first] = waiting) {
      const bytes = first.subarray(0, window.room());
      if (bytes.length === first.length) waiting.shift();
      else waiting[0] = first.subarray(bytes.length);
      sendOne(bytes);
    }
    if (waiting.length > 0) from.pause();
    else if (!ended) from.resume();
    // Also when it comes twice: a socket ends once.
    else deliver(arrival(), () => to.end());
  };
  from.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    send();
  });
  from.once('end', () => {
    ended = true;
    send();
  });
  // A reset ends both halves. What is wrong with a connection is for its ends to tell, not for the line.
  from.on('error', () => deliver(arrival(), () => to.resetAndDestroy()));
}
