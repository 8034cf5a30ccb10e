import { abortSignal, milliseconds } from '../base/checks.ts';
import { assertOptions } from '../base/validate.ts';

const CHECKS = { timeoutMs: milliseconds(0), signal: abortSignal };

/** Checks the options of a wait as they were given: spread into others, a number or a signal would be none. @throws TypeError */
export function assertWait(who: string, options: object = {}): void {
  if (abortSignal(options) === undefined) {
    throw new TypeError(`${who}: the options must be an object, such as { signal }.`);
  }
  assertOptions(who, options, CHECKS);
}
