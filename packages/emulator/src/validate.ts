import { urlOf } from '@imgwire/core/adapter';
import { type Problem, validationError } from './http/errors.ts';

/** The schema of a value. */
export interface Field {
  readonly type: 'string' | 'integer' | 'uuid' | 'url' | 'enum' | 'scalars' | 'uuids';
  readonly required?: true;
  /** Null counts as absent: the Ruby and Python SDKs send null for fields that are not set. */
  readonly nullable?: true;
  /** Minimum and maximum: characters of a text, entries of a list, or the number itself. */
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
}

/** The fields of a body or a query. Unknown ones are ignored: the contract forbids none. */
export type Fields = Readonly<Record<string, Field>>;

/** A UUID in its canonical form, as the source of a regular expression. */
export const UUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';
const ONLY_UUID = new RegExp(`^${UUID}$`);

/** Whether a text is a UUID in its canonical form. */
export function isUuid(value: unknown): boolean {
  return typeof value === 'string' && ONLY_UUID.test(value);
}

/** A list may have half a million wrong entries. */
const MOST_PROBLEMS = 1000;

/**
 * Validates an object against its fields.
 * @throws HttpError 422 that lists the problems, the first thousand of them
 */
export function validate(value: unknown, fields: Fields, where: 'body' | 'query' | 'path'): void {
  if (value === undefined) {
    throw validationError([{ loc: [where], msg: 'Field required', type: 'missing' }]);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    throw validationError([{ loc: [where], msg, type: 'model_attributes_type' }]);
  }
  // Only own properties count: a body may contain names such as "constructor".
  const given = new Map(Object.entries(value));
  const problems = Object.entries(fields).flatMap(([name, field]) =>
    problemsOf(given.get(name), field, [where, name]),
  );
  if (problems.length > 0) throw validationError(problems.slice(0, MOST_PROBLEMS));
}

function problemsOf(value: unknown, field: Field, loc: Problem['loc']): Problem[] {
  if (value === undefined) return field.required ? [{ loc, msg: 'Field required', type: 'missing' }] : [];
  if (value === null && field.nullable) return [];
  return CHECKS[field.type](value, field, loc);
}

/** More than any signed URL has. The letters of a host are encoded in quadratic time: a second for 100 KB. */
const MOST_URL_LENGTH = 8192;

type Check = (value: unknown, field: Field, loc: Problem['loc']) => Problem[];

/** One check for each type of value, with the messages and type names of the service's framework. */
const CHECKS: { readonly [Type in Field['type']]: Check } = {
  string: (value, field, loc) => {
    if (typeof value !== 'string')
      return [{ loc, msg: 'Input should be a valid string', type: 'string_type' }];
    // Characters are code points here, as in the service's language, not UTF-16 units.
    return bounds([...value].length, field, loc, 'string');
  },
  integer: (value, field, loc) => {
    if (!Number.isSafeInteger(value))
      return [{ loc, msg: 'Input should be a valid integer', type: 'int_type' }];
    return bounds(Number(value), field, loc, 'number');
  },
  uuid: (value, _field, loc) =>
    isUuid(value) ? [] : [{ loc, msg: 'Input should be a valid UUID', type: 'uuid_parsing' }],
  url: (value, _field, loc) =>
    typeof value === 'string' && value.length <= MOST_URL_LENGTH && urlOf(value)
      ? []
      : [{ loc, msg: 'Input should be a valid URL', type: 'url_parsing' }],
  enum: (value, field, loc) =>
    typeof value === 'string' && field.values?.includes(value)
      ? []
      : [
          {
            loc,
            msg: `Input should be ${field.values?.map((name) => `'${name}'`).join(', ')}`,
            type: 'enum',
          },
        ],
  scalars: (value, _field, loc) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return [{ loc, msg: 'Input should be a valid dictionary', type: 'dict_type' }];
    }
    return Object.entries(value)
      .filter(([, entry]) => !isScalar(entry))
      .map(([name]) => ({
        loc: [...loc, name],
        msg: 'Input should be a string, number or boolean',
        type: 'scalar_type',
      }));
  },
  uuids: (value, field, loc) => {
    if (!Array.isArray(value)) return [{ loc, msg: 'Input should be a valid list', type: 'list_type' }];
    const entries: unknown[] = value;
    return [
      ...bounds(entries.length, field, loc, 'list'),
      ...entries.flatMap((entry, index) => CHECKS.uuid(entry, field, [...loc, index])),
    ];
  },
};

/** JSON has numbers that JavaScript takes for infinite, and would write as null. */
function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

const BOUNDS = {
  string: { few: 'string_too_short', many: 'string_too_long', of: 'String should have', unit: ' characters' },
  list: { few: 'too_short', many: 'too_long', of: 'List should have', unit: ' items' },
  number: { few: 'greater_than_equal', many: 'less_than_equal', of: 'Input should be', unit: '' },
} as const;

function bounds(size: number, field: Field, loc: Problem['loc'], kind: keyof typeof BOUNDS): Problem[] {
  const { few, many, of, unit } = BOUNDS[kind];
  if (field.min !== undefined && size < field.min) {
    return [{ loc, msg: `${of} at least ${field.min}${unit}`, type: few }];
  }
  if (field.max !== undefined && size > field.max) {
    return [{ loc, msg: `${of} at most ${field.max}${unit}`, type: many }];
  }
  return [];
}

/** Parses integers in a query. @throws HttpError 422 like {@link validate} */
export function integersOfQuery<Name extends string>(
  query: URLSearchParams,
  fields: Readonly<Record<Name, Field & { readonly default: number }>>,
): Record<Name, number> {
  const names = Object.keys(fields) as Name[];
  const read = names.map((name) => {
    const raw = query.get(name);
    return [name, raw === null ? fields[name].default : /^[+-]?\d+$/.test(raw) ? Number(raw) : raw] as const;
  });
  validate(Object.fromEntries(read), fields, 'query');
  return Object.fromEntries(read) as Record<Name, number>;
}
