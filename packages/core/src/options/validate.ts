import { type Checks, wrongOption } from './option-problem.ts';

/**
 * Validates options at startup, so that a mistake does not wait for the first request. An option that is `undefined` counts as
 * absent.
 *
 * @param toError creates the error for a wrong value, if it is not to be a TypeError
 * @param listedIn the page with all of the options, for an unknown one @default docs/options.md of @imgwire/core
 * @throws TypeError that names the caller, the option and what it takes; for an unknown option, the one that was meant
 */
export function assertOptions(
  caller: string,
  options: object,
  checks: Checks,
  toError: (path: string, expected: string) => Error = (path, expected) =>
    new TypeError(`${caller}: option "${path}" must be ${expected}.`),
  listedIn?: string,
): void {
  // Strings and arrays have keys too.
  if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options)) {
    throw new TypeError(`${caller}: the options must be an object, such as { ${Object.keys(checks)[0]} }.`);
  }
  assertNotRequest(caller, options);
  for (const [key, value] of Object.entries(options)) {
    const wrong = wrongOption(key, value, checks, listedIn);
    if (!wrong) continue;
    const { parent, name, expected, instead, meant } = wrong;
    if (expected !== undefined) throw toError(parent + name, expected);
    const end = meant === undefined ? `${instead}.` : `did you mean "${parent}${meant}"?`;
    throw new TypeError(`${caller}: unknown option "${parent}${name}"; ${end}`);
  }
}

/**
 * Validates the options of a call, one of which is required.
 *
 * @throws TypeError as {@link assertOptions}; with the call to write, if the object or that option is missing
 */
export function assertInput(
  caller: string,
  input: unknown,
  needed: string,
  checks: Checks,
): asserts input is object {
  assertObject(caller, input, needed);
  assertOptions(caller, input, checks);
  if (optionOf(input, needed) !== undefined) return;
  throw new TypeError(`${caller}: option "${needed}" is required: write ${callWith(caller, needed)}.`);
}

/** Rejects the value that belongs into the object, where the object itself is needed. @throws TypeError with the call to write */
export function assertObject(caller: string, input: unknown, needed: string): asserts input is object {
  assertNotRequest(caller, input);
  if (isPlain(input) || optionOf(input, needed) !== undefined) return;
  throw new TypeError(`${caller} takes an object: write ${callWith(caller, needed)}.`);
}

const optionOf = (input: unknown, name: string): unknown => (Object(input) as Record<string, unknown>)[name];
const callWith = (caller: string, name: string): string => caller.replace('()', `({ ${name} })`);

/** Whether a value is an object as `{}` makes it, of any realm. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Rejects a request in the place of options. A function that makes a middleware was then used as one, without being called.
 *
 * @param caller the function, for the error: `imgwireUpload()`
 * @param call what to write instead
 * @throws TypeError with what to write
 */
export function assertNotRequest(caller: string, value: unknown, call?: string): void {
  // Node's request, a web Request, and those of frameworks that wrap them.
  const { method, headers } = Object(value) as { method?: unknown; headers?: Partial<Headers> };
  if (typeof method !== 'string' || typeof headers !== 'object') return;
  const [as, write] =
    typeof headers.get === 'function'
      ? ['a handler', caller]
      : ['middleware', `app.post(path, ${caller}, …)`];
  throw new TypeError(
    `${caller.replace('()', '')} was used as ${as} without being called: write ${call ?? write}.`,
  );
}
