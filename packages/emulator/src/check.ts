import { didYouMean } from '@imgwire/core';

/** Whether a value is valid, and what was expected. */
export type Check = readonly [accepts: (value: unknown) => boolean, expected: string];

/** A non-empty text. */
export const text: Check = [(value) => typeof value === 'string' && value !== '', 'a non-empty string'];

/** A boolean. */
export const flag: Check = [(value) => typeof value === 'boolean', 'true or false'];

/** The value true; leave the property out otherwise. */
export const onlyTrue: Check = [(value) => value === true, 'true, or left out'];

/** One of a set of words. */
export const oneOf = (...words: readonly string[]): Check => [
  (value) => typeof value === 'string' && words.includes(value),
  `one of ${words.join(', ')}`,
];

/** An integer within a range. */
export const whole = (from: number, to: number): Check => [
  (value) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to,
  `a whole number from ${from} to ${to}`,
];

/** An integer with a minimum. */
export const atLeast = (from: number): Check => [
  (value) => Number.isSafeInteger(value) && Number(value) >= from,
  `a whole number, ${from} or more`,
];

/** Milliseconds. setTimeout overflows above 2^31-1 and would fire at once. */
export const duration: Check = whole(0, 2 ** 31 - 1);

/**
 * Checks every property of an object; undefined counts as left out.
 * @throws TypeError that names the property and what it takes
 */
export function checkProperties(of: string, value: object, checks: Readonly<Record<string, Check>>): void {
  for (const [name, property] of Object.entries(value)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check) {
      const meant = didYouMean(name, Object.keys(checks));
      const instead =
        meant === undefined
          ? `the options are ${Object.keys(checks).join(', ')}.`
          : `did you mean "${meant}"?`;
      throw new TypeError(`${of}: there is no "${name}"; ${instead}`);
    }
    if (property !== undefined && !check[0](property))
      throw new TypeError(`${of}: "${name}" must be ${check[1]}.`);
  }
}
