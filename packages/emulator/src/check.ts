import { assertOptions, type Check, type Checks } from '@imgwire/core/adapter';

/** A check of one option: returns what was expected if `isValid` denies the value. */
export const check =
  (expected: string, isValid: (value: unknown) => boolean): Check =>
  (value) =>
    isValid(value) ? undefined : expected;

/** The value true; leave the option out otherwise. */
export const onlyTrue: Check = check('true, or left out', (value) => value === true);

/** One of a set of words. */
export const oneOf = (...words: readonly string[]): Check =>
  check(`one of ${words.join(', ')}`, (value) => typeof value === 'string' && words.includes(value));

/** An integer within a range. */
export const integer = (least: number, most = Number.MAX_SAFE_INTEGER): Check =>
  check(
    most === Number.MAX_SAFE_INTEGER
      ? `an integer that is at least ${least}`
      : `an integer from ${least} to ${most}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most,
  );

/** Milliseconds. setTimeout overflows above 2^31-1 and would fire at once. */
export const duration: Check = integer(0, 2 ** 31 - 1);

/** Checks options as core does. @throws TypeError that names the option and what it takes */
export function assertEmulatorOptions(caller: string, options: object, checks: Checks): void {
  assertOptions(caller, options, checks, undefined, 'the README of @imgwire/emulator');
}
