import type { Likelihood } from '../upload/upload-body.ts';

/** A power of two: as many bytes for each route. */
const SLOTS = 128;
/** After so many right ones in a row the next one is very likely right. */
const CERTAIN = 4;
const WRONG = -2;

/**
 * What a route remembers of its forms: whether the lengths that were computed for their files came true. Forms of a route look
 * alike, so it predicts as a processor predicts a branch, by a small counter for each place and field.
 *
 * It keeps no names, so no client can make it grow. Two fields may share a counter, and a client may mislead it: a wrong guess
 * costs time or bytes, and never a file, since each length is checked whatever was expected of it.
 */
export class LengthHistory {
  readonly #slots = new Int8Array(SLOTS);

  /** How likely the computed length of the nth file of a form is right. */
  likelihood(nth: number, field: string): Likelihood {
    const state = this.#slots[slotOf(nth, field)] ?? 0;
    if (state < 0) return 'unlikely';
    return state < CERTAIN ? 'likely' : 'very likely';
  }

  /** Remembers whether it was. */
  learn(nth: number, field: string, wasRight: boolean): void {
    const slot = slotOf(nth, field);
    const state = this.#slots[slot] ?? 0;
    // One odd form among many changes little: two in a row do.
    const lower = state > 0 ? 0 : Math.max(WRONG, state - 1);
    this.#slots[slot] = wasRight ? Math.min(CERTAIN, state + 1) : lower;
  }
}

/**
 * The places of one field have slots in a row, so they never share one: a file that is always the last would otherwise be taken
 * for one in front of it, in every form.
 */
function slotOf(nth: number, field: string): number {
  let hash = 0;
  for (let i = 0; i < field.length; i += 1) hash = Math.imul(hash, 31) + field.charCodeAt(i);
  // Mixed, so that fields with a number in their name share a slot by chance only.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) + nth) & (SLOTS - 1);
}
