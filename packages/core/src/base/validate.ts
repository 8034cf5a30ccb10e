import { assertNotRequest } from './assert-not-request.ts';
import { type Checks, wrongOption } from './wrong-option.ts';

/**
 * Validates options at construction, so that a mistake is a `TypeError` at startup, not on the first request.
 * An option that is `undefined` counts as absent.
 *
 * @param refuse creates the error for a wrong value, if it is not to be a TypeError
 * @throws TypeError that names the function, the option and what it takes; of an unknown option, the one that was meant
 */
export function assertOptions(
  who: string,
  options: object,
  checks: Checks,
  refuse: (path: string, expected: string) => Error = (path, expected) =>
    new TypeError(`${who}: option "${path}" must be ${expected}.`),
): void {
  // Strings and arrays have keys too.
  if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options)) {
    throw new TypeError(`${who}: the options must be an object, such as { ${Object.keys(checks)[0]} }.`);
  }
  assertNotRequest(who, options);
  for (const [key, value] of Object.entries(options)) {
    const wrong = wrongOption(key, value, checks);
    if (!wrong) continue;
    const { parent, name, expected, instead, meant } = wrong;
    if (expected !== undefined) throw refuse(parent + name, expected);
    const end = meant === undefined ? `${instead}.` : `did you mean "${parent}${meant}"?`;
    throw new TypeError(`${who}: unknown option "${parent}${name}"; ${end}`);
  }
}

/**
 * Validates the options of a call that cannot do without one of them.
 *
 * @throws TypeError as {@link assertOptions}, and with the call as it is written for anything but an object with that option
 */
export function assertInput(
  who: string,
  input: unknown,
  needed: string,
  checks: Checks,
): asserts input is object {
  assertObject(who, input, needed);
  assertOptions(who, input, checks);
  if (given(input, needed) !== undefined) return;
  throw new TypeError(`${who}: option "${needed}" is required: write ${callWith(who, needed)}.`);
}

/** The first half of {@link assertInput}: what is given is the object, not the value that belongs into it. @throws TypeError */
export function assertObject(who: string, input: unknown, needed: string): asserts input is object {
  assertNotRequest(who, input);
  if (isPlain(input) || given(input, needed) !== undefined) return;
  throw new TypeError(`${who}: it takes an object: write ${callWith(who, needed)}.`);
}

const given = (input: unknown, name: string): unknown => (Object(input) as Record<string, unknown>)[name];
const callWith = (who: string, name: string): string => who.replace('()', `({ ${name} })`);

/** Whether a value is an object as `{}` makes it, of any realm. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
