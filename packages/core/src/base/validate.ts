import { canonicalImageType, IMAGE_TYPES } from '../inspect/image-type.ts';

/** A check of one option's value: returns what was expected if the value is wrong. */
export type Check = (value: unknown) => string | undefined;

const check =
  (expected: string, holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? undefined : expected;

/** A string that is not empty. */
export const text: Check = check('a string that is not empty', (v) => typeof v === 'string' && v !== '');
/** A label of the service: 1 to 255 characters. */
export const label: Check = check(
  'a string of 1 to 255 characters',
  // Code points, as the service counts them.
  (v) => typeof v === 'string' && v !== '' && [...v].length <= 255,
);
/** A SHA-256 in hexadecimal digits. The service accepts any text, but hashes must be comparable. */
export const hexSha256: Check = check(
  'a SHA-256 of 64 hexadecimal digits',
  (v) => typeof v === 'string' && /^[\da-f]{64}$/i.test(v),
);
/** One of the service's types, or an alias. */
export const imageType: Check = check(
  `the MIME type of an image (${IMAGE_TYPES.join(', ')})`,
  (v) => typeof v === 'string' && canonicalImageType(v) !== undefined,
);
/** A flat object of strings, numbers and booleans; undefined counts as absent. */
export const scalars: Check = check(
  'a flat object of strings, numbers and booleans',
  (v) =>
    typeof v === 'object' &&
    v !== null &&
    !Array.isArray(v) &&
    Object.values(v).every(
      (item) => ['string', 'boolean', 'undefined'].includes(typeof item) || Number.isFinite(item),
    ),
);
/** An absolute http or https URL. */
export const httpUrl: Check = check(
  'an absolute http or https URL',
  (v) => typeof v === 'string' && /^https?:/i.test(v) && URL.canParse(v),
);
/** An integer that is at least 0. */
export const count: Check = check(
  'an integer that is at least 0',
  (v) => Number.isSafeInteger(v) && Number(v) >= 0,
);
/** An integer that is at least 1. */
export const positive: Check = check(
  'an integer that is at least 1',
  (v) => Number.isSafeInteger(v) && Number(v) >= 1,
);
/** true or false. */
export const flag: Check = check('true or false', (v) => typeof v === 'boolean');
/** A function. */
export const callback: Check = check('a function', (v) => typeof v === 'function');
/** An AbortSignal, of any realm. */
export const abortSignal: Check = check(
  'an AbortSignal',
  (v) => typeof (v as Partial<AbortSignal> | null)?.aborted === 'boolean',
);
/** An object with the named methods. */
export const withMethods = (...names: string[]): Check =>
  check(`an object with the methods ${names.join(', ')}`, (v) =>
    names.every((name) => typeof (v as Record<string, unknown> | null)?.[name] === 'function'),
  );
/** An array that is not empty and whose items pass `item`. */
export const listOf =
  (item: Check): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length === 0) return 'an array that is not empty';
    const wrong = value.map(item).find((expected) => expected !== undefined);
    return wrong && `an array of ${wrong}`;
  };
/** An object with known keys only, each of which passes its check. */
export const shape =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'an object';
    for (const [key, item] of Object.entries(value)) {
      const known = Object.hasOwn(checks, key) ? checks[key] : undefined;
      if (!known) return `an object without the unknown option "${key}"`;
      const expected = item === undefined ? undefined : known(item);
      if (expected) return `an object whose ${key} is ${expected}`;
    }
    return undefined;
  };

/**
 * Validates options at construction, so that a mistake is a `TypeError` at startup, not on the first request.
 * An option that is `undefined` counts as absent.
 *
 * @param refuse creates the error for a wrong value, if it is not to be a TypeError
 * @throws TypeError that names the function, the option and what it takes
 */
export function assertOptions(
  who: string,
  options: object,
  checks: Readonly<Record<string, Check>>,
  refuse: (key: string, expected: string) => Error = (key, expected) =>
    new TypeError(`${who}: option "${key}" must be ${expected}.`),
): void {
  // Strings and arrays have keys too.
  if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options)) {
    throw new TypeError(`${who}: the options must be an object. Options: ${Object.keys(checks).join(', ')}.`);
  }
  for (const [key, value] of Object.entries(options)) {
    const known = Object.hasOwn(checks, key) ? checks[key] : undefined;
    if (!known) {
      throw new TypeError(`${who}: unknown option "${key}". Options: ${Object.keys(checks).join(', ')}.`);
    }
    const expected = value === undefined ? undefined : known(value);
    if (expected) throw refuse(key, expected);
  }
}
