import { didYouMean } from '../options/did-you-mean.ts';
import { inspect } from '../runtime.ts';
import type { Parsed } from './scalars.ts';
import { TRANSFORMATIONS } from './table.ts';
import { describeValue, parseValue, type Value, type ValueInput, type ValueOutput } from './values.ts';

/** The size presets of the service. */
export const PRESETS = ['thumbnail', 'small', 'medium', 'large'] as const;

/** The name of a size preset. */
export type Preset = (typeof PRESETS)[number];

type Table = typeof TRANSFORMATIONS;

/** The canonical name of a transformation. */
export type TransformationName = keyof Table;

/**
 * The options of `image.url()`: a preset, and transformations under their canonical name or an alias, one name each.
 * Types check words and shapes; ranges and string notations are checked when the URL is built.
 */
export type Transformations = { readonly preset?: Preset | undefined } & {
  readonly [N in keyof Table]?: ValueInput<Table[N]['value']> | undefined;
} & {
  readonly [N in keyof Table as Table[N]['aliases'][number]]?: ValueInput<Table[N]['value']> | undefined;
};

/** Transformations parsed from a query, under their canonical names. */
export type ParsedTransformations = { readonly [N in keyof Table]?: ValueOutput<Table[N]['value']> };

/** Why a query parameter is not a transformation. */
export interface TransformationError {
  /** `unknown` name, `invalid` value, or `duplicate` of an earlier transformation. */
  readonly reason: 'unknown' | 'invalid' | 'duplicate';
  /** The parameter's name, as given. */
  readonly name: string;
  /** A sentence that names the parameter, the value and what is allowed. */
  readonly message: string;
}

const rules: Readonly<
  Record<TransformationName, { readonly aliases: readonly string[]; readonly value: Value }>
> = TRANSFORMATIONS;

const names = Object.keys(rules) as readonly TransformationName[];

const canonicalNames: ReadonlyMap<string, TransformationName> = new Map(
  names.flatMap((name) => [name, ...rules[name].aliases].map((alias) => [alias, name] as const)),
);

const knownNames: readonly string[] = ['preset', ...names, ...canonicalNames.keys()];

/** A guess compares a name with all others, which takes most of a millisecond; a query may have thousands of names. */
const MOST_GUESSES = 8;
/** So many mistakes are told: a query can hold tens of thousands. */
const MOST_ERRORS = 100;

/**
 * Parses the transformations in a query by the service's rules. Never throws: invalid ones are in `errors`, the first hundred of
 * them, and the rest is still parsed. A value that changes nothing, such as `blur=false`, is in neither.
 */
export function parseTransformations(query: URLSearchParams): {
  readonly transformations: ParsedTransformations;
  readonly errors: readonly TransformationError[];
} {
  const { parsed, errors } = readTransformations(query);
  const changing = [...parsed].filter(([, { text }]) => text !== undefined);
  // The table's types say what `parseValue` made of each value.
  const transformations = Object.fromEntries(
    changing.map(([name, { value }]) => [name, value]),
  ) as ParsedTransformations;
  return { transformations, errors };
}

/** Parses named values, from options or from a query, in table order. */
export function readTransformations(given: Iterable<readonly [string, unknown]>): {
  readonly parsed: ReadonlyMap<TransformationName, Parsed>;
  readonly errors: readonly TransformationError[];
} {
  const seen = new Map<TransformationName, Parsed | undefined>();
  const errors: TransformationError[] = [];
  let guesses = MOST_GUESSES;
  for (const [alias, input] of given) {
    const name = canonicalNames.get(alias);
    const tells = errors.length < MOST_ERRORS;
    if (name === undefined) {
      if (tells) errors.push(unknownName(alias, guesses-- > 0));
    } else if (seen.has(name)) {
      if (tells) errors.push(duplicate(alias, name));
    } else {
      const parsed = parseValue(rules[name].value, input);
      seen.set(name, parsed);
      if (!parsed && tells) errors.push(invalid(alias, input, rules[name].value));
    }
  }
  const parsed = new Map(
    names.flatMap((name) => {
      const value = seen.get(name);
      return value ? [[name, value] as const] : [];
    }),
  );
  return { parsed, errors };
}

function unknownName(name: string, mayGuess: boolean): TransformationError {
  const meant = mayGuess ? didYouMean(name, knownNames) : undefined;
  const message = `There is no transformation "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
  return { reason: 'unknown', name, message };
}

function duplicate(name: string, canonical: string): TransformationError {
  return { reason: 'duplicate', name, message: `"${name}" gives "${canonical}" a second time; give it once` };
}

function invalid(name: string, input: unknown, value: Value): TransformationError {
  const shown = inspect(input, { maxStringLength: 100, breakLength: Infinity });
  return {
    reason: 'invalid',
    name,
    message: `"${name}" cannot be ${shown}; allowed: ${describeValue(value)}`,
  };
}
