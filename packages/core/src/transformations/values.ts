import { describeScalar, parseScalar } from './scalar-parsers.ts';
import type { Parsed, ScalarInput, ScalarName, ScalarOutput } from './scalars.ts';

/** A value of several named fields: an object, JSON, or fields joined by colons. */
export interface Fields {
  /** Each field and its kind, in JSON order. */
  readonly fields: Readonly<Record<string, ScalarName>>;
  /** The colon notations: `[…]` is optional, a field with `?` may be empty. */
  readonly forms?: readonly string[];
  /** Whether the last field of a complete notation may be empty too, and is then omitted with its colon. */
  readonly dropsEmptyEnd?: true;
  readonly required?: readonly string[];
  /** Fields that an object of this kind must not have; other unknown ones are ignored. */
  readonly excludes?: readonly string[];
  /** Aliases of fields, used when a field is absent under its own name. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Fields that are always present, with their values. */
  readonly constants?: Readonly<Record<string, string>>;
  /** What an object becomes in the URL. @default 'json' */
  readonly writes?: 'form' | 'direction';
  /** A prefix of the value in the URL. */
  readonly prefix?: string;
  /** Whether each field must be greater than the previous one. */
  readonly ascending?: true;
}

type Alternative = ScalarName | Fields;

/** The values a transformation takes: one kind, or several of which the first that fits wins. */
export type Value = Alternative | readonly Alternative[];

type Required<F extends Fields> = F extends { readonly required: readonly (infer N)[] } ? N : never;
// If a field has two names, types cannot require one of them without a union for every pair.
type Demanded<F extends Fields> = Exclude<
  Required<F>,
  F extends { readonly aliases: infer A } ? A[keyof A] : never
>;
type Inputs<F extends Fields> = {
  readonly [N in Demanded<F> & keyof F['fields']]: ScalarInput<F['fields'][N]>;
} & {
  readonly [N in Exclude<keyof F['fields'], Demanded<F>>]?: ScalarInput<F['fields'][N]> | undefined;
} & (F extends { readonly aliases: infer A }
    ? { readonly [N in keyof A]?: ScalarInput<F['fields'][A[N] & string]> | undefined }
    : unknown);
type Outputs<F extends Fields> = {
  readonly [N in Required<F> & keyof F['fields']]: ScalarOutput<F['fields'][N]>;
} & { readonly [N in Exclude<keyof F['fields'], Required<F>>]?: ScalarOutput<F['fields'][N]> };
// Editors show a merged object with its fields, but an intersection as the table's own entries.
type Merged<T> = T extends infer O ? { [N in keyof O]: O[N] } : never;

// A number is accepted where a notation can consist of a single number.
type Alone<F extends Fields, Form> = Form extends `${infer Head}[${string}`
  ? Alone<F, Head>
  : Form extends `${infer Name}?`
    ? Alone<F, Name>
    : Form extends keyof F['fields']
      ? Extract<ScalarInput<F['fields'][Form]>, number>
      : never;
type Notations<F extends Fields> = F extends { readonly forms: readonly (infer N)[] }
  ? string | Alone<F, N>
  : never;

/** The type of a value as input. */
export type ValueInput<V> = V extends readonly (infer A)[]
  ? ValueInput<A>
  : V extends ScalarName
    ? ScalarInput<V>
    : V extends Fields
      ? Merged<Inputs<V>> | Notations<V>
      : never;

/** The type of a value once parsed. */
export type ValueOutput<V> = V extends readonly (infer A)[]
  ? ValueOutput<A>
  : V extends ScalarName
    ? ScalarOutput<V>
    : V extends { readonly writes: 'direction' }
      ? ScalarOutput<'direction'>
      : V extends Fields
        ? Merged<Outputs<V>>
        : never;

/** Parses a value in any of its notations; `undefined` if the service does not accept it. */
export function parseValue(value: Value, input: unknown): Parsed | undefined {
  const mustBeObject = isJson(input);
  for (const alternative of alternativesOf(value)) {
    if (typeof alternative === 'object') {
      const parsed = parseFields(alternative, input);
      if (parsed) return parsed;
    } else if (!mustBeObject) {
      const parsed = parseScalar(alternative, input);
      if (parsed) return parsed;
    }
  }
  return undefined;
}

/** Describes the allowed values. */
export function describeValue(value: Value): string {
  return alternativesOf(value)
    .map((alternative) =>
      typeof alternative === 'object' ? describeFields(alternative) : describeScalar(alternative),
    )
    .join(', or ');
}

function alternativesOf(value: Value): readonly Alternative[] {
  return typeof value === 'string' || 'fields' in value ? [value] : value;
}

function parseFields(spec: Fields, input: unknown): Parsed | undefined {
  if (isJson(input)) return parseFields(spec, parseJson(input));
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return parseObject(spec, input);
  return typeof input === 'string' || typeof input === 'number' ? parseForm(spec, String(input)) : undefined;
}

function isJson(input: unknown): input is string {
  return typeof input === 'string' && input.trimStart().startsWith('{');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseObject(spec: Fields, record: object): Parsed | undefined {
  const fields = readFields(spec, record);
  if (!fields) return undefined;
  const value = toRecord(fields);
  if (spec.writes === 'direction') return toDirection(value);
  if (spec.writes !== 'form') return { value, text: JSON.stringify(value) };
  const form = [...fields.values()].map(({ text }) => text).join(':');
  return { value, text: (spec.prefix ?? '') + form };
}

function parseForm(spec: Fields, input: string): Parsed | undefined {
  const { prefix = '', forms = [] } = spec;
  const text = input.trim();
  const parts = partsOf(spec, text.slice(prefix.length));
  const names = forms.map((form) => namesOf(form, parts.length)).find((found) => found !== undefined);
  if (!names || !text.startsWith(prefix)) return undefined;
  const given = names.map((name, at) => {
    const isGap = parts[at] === '' && name.endsWith('?');
    return [name.replace('?', ''), isGap ? undefined : parts[at]] as const;
  });
  const fields = readFields(spec, Object.fromEntries(given));
  if (!fields) return undefined;
  const value = toRecord(fields);
  if (spec.writes === 'direction') return toDirection(value);
  return { value, text: prefix + given.map(([name]) => fields.get(name)?.text ?? '').join(':') };
}

/** The parts between colons. In a complete notation an empty one at the end may be omitted; a colour there contains colons. */
function partsOf({ fields, forms = [], dropsEmptyEnd }: Fields, text: string): readonly string[] {
  const parts = text.split(':');
  const names = forms.at(-1)?.replaceAll(/[[\]]/g, '').split(':') ?? [];
  const [before, rest] = [parts.slice(0, names.length - 1), parts.slice(names.length - 1)];
  if (dropsEmptyEnd && rest.length === 1 && rest[0] === '') return before;
  return rest.length > 1 && fields[names.at(-1) ?? ''] === 'color' ? [...before, rest.join(':')] : parts;
}

/** The fields of a notation with so many parts; `undefined` if it cannot have so many. */
function namesOf(form: string, count: number): readonly string[] | undefined {
  const [demanded = ''] = form.split('[');
  const names = form.replaceAll(/[[\]]/g, '').split(':');
  return count < demanded.split(':').length || count > names.length ? undefined : names.slice(0, count);
}

/** The fields in table order; `undefined` if one is missing, invalid, or of another kind of object. */
function readFields(spec: Fields, record: object): ReadonlyMap<string, Parsed> | undefined {
  const given = record as Readonly<Record<string, unknown>>;
  if (spec.excludes?.some((name) => given[name] !== undefined)) return undefined;
  const fields = new Map<string, Parsed>();
  for (const [name, scalar] of Object.entries(spec.fields)) {
    const input = spec.constants?.[name] ?? inputOf(spec, name, given);
    if (input === undefined) continue;
    const parsed = parseScalar(scalar, input);
    if (!parsed) return undefined;
    fields.set(name, parsed);
  }
  const isEmpty = fields.size === 0 && spec.writes !== 'direction';
  if (isEmpty || !(spec.required ?? []).every((name) => fields.has(name))) return undefined;
  return spec.ascending && !isAscending([...fields.values()]) ? undefined : fields;
}

function inputOf({ aliases = {} }: Fields, name: string, given: Readonly<Record<string, unknown>>): unknown {
  const others = Object.keys(aliases).filter((alias) => aliases[alias] === name);
  return [name, ...others].map((key) => given[key]).find((input) => input !== undefined);
}

function isAscending(fields: readonly Parsed[]): boolean {
  const values = fields.map(({ value }) => Number(value));
  return values.every((value, at) => at === 0 || value > (values[at - 1] ?? value));
}

function toRecord(fields: ReadonlyMap<string, Parsed>): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...fields].map(([name, { value }]) => [name, value]));
}

function toDirection(flip: Readonly<Record<string, unknown>>): Parsed {
  if (flip['horizontal'] === true && flip['vertical'] === true) return { value: 'both', text: 'both' };
  const direction = ['horizontal', 'vertical'].find((name) => flip[name] === true);
  return { value: direction, text: direction };
}

function describeFields({ fields, forms = [], required = [], prefix = '' }: Fields): string {
  const names = Object.keys(fields).map((name) => (required.includes(name) ? name : `${name}?`));
  const object = `an object {${names.join(', ')}}`;
  const notations = [...forms.map((form) => `"${prefix}${form}"`), object].join(' or ');
  const kinds = Object.entries(fields).map(([name, scalar]) => `${name}: ${describeScalar(scalar)}`);
  return `${notations} (${kinds.join('; ')})`;
}
