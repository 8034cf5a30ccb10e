import { canonicalImageType, IMAGE_TYPES } from '../inspect/type.ts';
import { urlOf } from '../realm-safe.ts';
import { type Check, type Checks, type OptionProblem, wrongOption } from './option-problem.ts';
import { readBytes, readInteger, readMilliseconds, type UnitParser } from './units.ts';

const check =
  (expected: string, isValid: (value: unknown) => boolean): Check =>
  (value) =>
    isValid(value) ? undefined : expected;

/** A string that is not empty. */
export const text: Check = check('a string that is not empty', (v) => typeof v === 'string' && v !== '');
/** A short text of the service: 1 to 255 characters. */
export const shortText: Check = check(
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
  (v) => typeof v === 'string' && /^https?:/i.test(v) && urlOf(v) !== undefined,
);

/** An integer of at least `least`. For a text that `read` understands, the message has the number to write. */
const integer =
  (least: number, expected: string, read: UnitParser): Check =>
  (value) => {
    if (Number.isSafeInteger(value) && Number(value) >= least) return undefined;
    const number = typeof value === 'string' ? read(value) : undefined;
    return number === undefined ? expected : `${expected}: write ${number} instead of '${String(value)}'`;
  };
/** An integer that is at least 0. */
export const count: Check = integer(0, 'an integer that is at least 0', readInteger);
/** An integer that is at least 1. */
export const positive: Check = integer(1, 'an integer that is at least 1', readInteger);
/** A number of bytes, from `least`. */
export const bytes = (least = 0): Check =>
  integer(least, `an integer that is at least ${least}, in bytes`, readBytes);
/** A number of milliseconds, from `least`. */
export const milliseconds = (least = 1): Check =>
  integer(least, `an integer that is at least ${least}, in milliseconds`, readMilliseconds);
/** true or false. */
export const flag: Check = check('true or false', (v) => typeof v === 'boolean');
/** An integer from 1 to `most`. */
export const upTo =
  (most: number): Check =>
  (value) =>
    Number(value) <= most || typeof value === 'string'
      ? integer(1, `an integer from 1 to ${most}`, readInteger)(value)
      : `an integer from 1 to ${most}`;
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
    if (!Array.isArray(value)) {
      const wrong = typeof value === 'string' ? item(value) : {};
      if (typeof wrong === 'string') return `an array of ${wrong}`;
      return `an array that is not empty${wrong ? '' : `: write ['${String(value)}'] instead of '${String(value)}'`}`;
    }
    if (value.length === 0) return 'an array that is not empty';
    const wrong = value.map(item);
    const at = wrong.findIndex((problem) => problem !== undefined);
    const first = wrong[at];
    if (typeof first === 'object') return { ...first, parent: `[${at}]${first.parent}` };
    return first && `an array of ${first}`;
  };
/** An object with known keys only, each of which passes its check. The `required` keys must be there. */
export const shape = (checks: Checks, required: readonly string[] = []): Check =>
  Object.assign(
    (value: unknown): string | OptionProblem | undefined => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'an object';
      const absent = required.filter((key) => (value as Record<string, unknown>)[key] === undefined);
      const given = [...Object.entries(value), ...absent.map((key): [string, unknown] => [key, null])];
      for (const [key, item] of given) {
        const wrong = wrongOption(key, item, checks);
        if (wrong) return { ...wrong, parent: `.${wrong.parent}` };
      }
      return undefined;
    },
    { inside: checks },
  );
/** A name that is no option here: what to write instead. */
export const misplaced = (instead: string): Check => Object.assign(() => undefined, { instead });
