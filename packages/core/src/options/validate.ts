import { type Checks, wrongOption } from './option-problem.ts';

/**
 * Validates options at construction, so that a mistake is a `TypeError` at startup, not on the first request.
 * An option that is `undefined` counts as absent.
 *
 * @param refuse creates the error for a wrong value, if it is not to be a TypeError
 * @throws TypeError that names the function, the option and what it takes; of an unknown option, the one that was meant
 */
export function assertOptions(
  caller: string,
  options: object,
  checks: Checks,
  refuse: (path: string, expected: string) => Error = (path, expected) =>
    new TypeError(`${caller}: option "${path}" must be ${expected}.`),
): void {
  // Strings and arrays have keys too.
  if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options)) {
    throw new TypeError(`${caller}: the options must be an object, such as { ${Object.keys(checks)[0]} }.`);
  }
  assertNotRequest(caller, options);
  for (const [key, value] of Object.entries(options)) {
    const wrong = wrongOption(key, value, checks);
    if (!wrong) continue;
    const { parent, name, expected, instead, meant } = wrong;
    if (expected !== undefined) throw refuse(parent + name, expected);
    const end = meant === undefined ? `${instead}.` : `did you mean "${parent}${meant}"?`;
    throw new TypeError(`${caller}: unknown option "${parent}${name}"; ${end}`);
  }
}

/**
 * Validates the options of a call that cannot do without one of them.
 *
 * @throws TypeError as {@link assertOptions}, and with the call as it is written for anything but an object with that option
 */
export function assertInput(
  caller: string,
  input: unknown,
  needed: string,
  checks: Checks,
): asserts input is object {
  assertObject(caller, input, needed);
  assertOptions(caller, input, checks);
  if (given(input, needed) !== undefined) return;
  throw new TypeError(`${caller}: option "${needed}" is required: write ${callWith(caller, needed)}.`);
}

/** The first half of {@link assertInput}: what is given is the object, not the value that belongs into it. @throws TypeError */
export function assertObject(caller: string, input: unknown, needed: string): asserts input is object {
  assertNotRequest(caller, input);
  if (isPlain(input) || given(input, needed) !== undefined) return;
  throw new TypeError(`${caller}: it takes an object: write ${callWith(caller, needed)}.`);
}

const given = (input: unknown, name: string): unknown => (Object(input) as Record<string, unknown>)[name];
const callWith = (caller: string, name: string): string => caller.replace('()', `({ ${name} })`);

/** Whether a value is an object as `{}` makes it, of any realm. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Refuses a request where options or a name belong: what makes a middleware was itself used as one, without being called. So
 * the first request would be its options.
 *
 * @param caller what makes the middleware, for the error: `imgwireUpload()`
 * @throws TypeError
 */
export function assertNotRequest(caller: string, value: unknown): void {
  // Node's request, a web Request, and those of frameworks that wrap them.
  const { method, headers } = Object(value) as { method?: unknown; headers?: unknown };
  if (typeof method !== 'string' || typeof headers !== 'object') return;
  throw new TypeError(
    `${caller}: it was called with a request; where the route is made, write its call, with ( ).`,
  );
}
