import { CHUNK_BYTES } from '../chunks.ts';
import { canonicalImageType, IMAGE_TYPES } from '../inspect/inspect.ts';
import {
  bytes,
  callback,
  count,
  flag,
  listOf,
  milliseconds,
  positive,
  shape,
  text,
} from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { formSchema } from './form-schema.ts';
import type { FieldRules, Limits, UploadRules } from './rules.ts';

/** One of the types in `accept`. Unlike `<input accept>` we take no wildcard and no extension. */
const acceptedType: Check = (value) => {
  if (typeof value === 'string' && canonicalImageType(value)) return undefined;
  return `image types (${IMAGE_TYPES.join(', ')})${typeof value === 'string' ? insteadOf(value) : ''}`;
};

function insteadOf(value: string): string {
  if (/^(image|\*)\/\*$/.test(value)) return `: for all of them leave \`accept\` out instead of '${value}'`;
  const type = canonicalImageType(`image/${value.replace(/^\./, '')}`);
  return type === undefined ? '' : `: write '${type}' instead of '${value}'`;
}

/** The checks of {@link FieldRules}. */
export const FIELD_CHECKS: Readonly<Record<keyof FieldRules, Check>> = {
  name: text,
  maxCount: count,
  required: flag,
  fileSize: bytes(),
  accept: listOf(acceptedType),
  maxPixels: positive,
  minWidth: positive,
  minHeight: positive,
};
// A field without a name could never match.
const fieldShape = shape(FIELD_CHECKS, ['name']);
const field: Check = (value) =>
  typeof value === 'string' ? "objects, such as { name: 'avatar' }" : fieldShape(value);
const fields: Check = (value) => {
  const wrong = listOf(field)(value);
  if (wrong) return wrong;
  const names = (value as readonly FieldRules[]).map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  return twice === undefined
    ? undefined
    : `an array of fields, each with its own name: "${twice}" is there twice`;
};
/** The checks of {@link Limits}. */
export const LIMIT_CHECKS: Readonly<Record<keyof Limits, Check>> = {
  fileSize: bytes(),
  files: count,
  fields: count,
  fieldSize: bytes(),
  fieldNameSize: bytes(),
  parts: count,
  fieldNestingDepth: count,
  fieldArrayIndexLimit: count,
  requestSize: bytes(),
};

/** The checks of {@link UploadRules}. Adapters take them and the options of an instance in one object. */
export const RULE_CHECKS: Readonly<Record<keyof UploadRules<unknown>, Check>> = {
  limits: shape(LIMIT_CHECKS),
  accept: listOf(acceptedType),
  maxPixels: positive,
  minWidth: positive,
  minHeight: positive,
  fields,
  form: formSchema,
  required: flag,
  onFileError: (value) => (value === 'fail' || value === 'skip' ? undefined : "'fail' or 'skip'"),
  authorize: callback,
  metadata: callback,
  scan: callback,
  scanTimeoutMs: milliseconds(),
  replay: flag,
  // Less would spare nothing: a socket delivers as much at once.
  readAheadBytes: bytes(CHUNK_BYTES),
  waitUntilReady: (value) =>
    typeof value === 'boolean' || positive(value) === undefined ? undefined : 'true, false or milliseconds',
  hashAlgorithm: (value) => (value === 'sha256' ? undefined : "'sha256'"),
  stallTimeoutMs: milliseconds(),
  minBytesPerSecond: count,
  discardOnError: flag,
};
