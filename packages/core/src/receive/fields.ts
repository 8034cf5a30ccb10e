import { ImgwireError, type ImgwireErrorCode } from '../errors.ts';
import type { Limits } from '../rules/rules.ts';

/** Text fields, nested as multer nests them (`a[b][]=c`). No prototype: a field can have any name. */
export type FormFields = Record<string, unknown>;

/** The text fields as a handler gets them: the output of the schema, if the compiler knows one. */
export type FormOutput<Fields> = unknown extends Fields ? FormFields : Fields;

/** The limits of text fields. */
export type FieldLimits = Pick<Limits, 'fieldNameSize' | 'fieldNestingDepth' | 'fieldArrayIndexLimit'>;

/** Browsers escape exactly these three in names (HTML, "multipart/form-data encoding algorithm"). */
export const unescapeName = (name: string): string =>
  name.includes('%') ? name.replaceAll(/%0a|%0d|%22/gi, (code) => decodeURIComponent(code)) : name;

/**
 * Checks the name of a part. Returns the name of its field.
 *
 * @throws ImgwireError `MISSING_FIELD_NAME`, `LIMIT_FIELD_KEY`
 */
export function fieldName(name: string | undefined, { fieldNameSize }: FieldLimits): string {
  if (name === undefined) throw new ImgwireError('MISSING_FIELD_NAME');
  if (name.length > fieldNameSize) throw new ImgwireError('LIMIT_FIELD_KEY');
  return unescapeName(name);
}

/** A name that nests; brackets are part of any other. */
const NESTING = /^([^[]+)((?:\[[^\]]+\])*)(\[\])?$/;

/**
 * Adds a text to the fields, as multer does with `append-field`.
 *
 * @throws ImgwireError `LIMIT_FIELD_NESTING`, `LIMIT_FIELD_ARRAY_INDEX`, `INVALID_FIELD_NAME`
 */
export function addField(fields: FormFields, name: string, value: string, limits: FieldLimits): void {
  if (name.split('[').length - 1 > limits.fieldNestingDepth) throw rejected('LIMIT_FIELD_NESTING', name);
  const [, first = name, rest = '', append] = (name.includes('[') && NESTING.exec(name)) || [];
  const keys = [...rest.matchAll(/\[([^\]]+)\]/g)].map(([, key = '']) =>
    /^\d+$/.test(key) ? Number(key) : key,
  );
  if (keys.some((key) => typeof key === 'number' && key > limits.fieldArrayIndexLimit)) {
    throw rejected('LIMIT_FIELD_ARRAY_INDEX', name);
  }
  try {
    addAt(fields, [first, ...keys], 0, value, append !== undefined);
  } catch {
    // A list that has its largest index takes no more.
    throw rejected('INVALID_FIELD_NAME', name);
  }
}

const rejected = (code: ImgwireErrorCode, field: string): ImgwireError => new ImgwireError(code, { field });

type Key = string | number;
type Container = Record<Key, unknown>;

const isContainer = (value: unknown): value is Container => typeof value === 'object';
const emptyObject = (): Container => Object.create(null) as Container;

/** Puts a value where its keys lead, and makes the containers that are missing on the way. */
function addAt(container: Container, keys: readonly Key[], at: number, value: string, append: boolean): void {
  const [key = '', next] = [keys[at], keys[at + 1]];
  if (next === undefined) {
    put(container, key, value, append);
  } else {
    container[key] = containerFor(container[key], typeof next === 'number');
    addAt(container[key] as Container, keys, at + 1, value, append);
  }
}

/** Makes a container of what is there already. A list becomes an object when a name is added to it. */
function containerFor(current: unknown, forIndex: boolean): unknown {
  if (current === undefined) return forIndex ? [] : emptyObject();
  if (!isContainer(current)) return Object.assign(emptyObject(), { '': current });
  if (forIndex || !Array.isArray(current)) return current;
  return Object.assign(emptyObject(), current);
}

function put(container: Container, key: Key, value: string, append = false): void {
  const current = container[key];
  if (current === undefined) container[key] = append ? [value] : value;
  else if (Array.isArray(current)) current.push(value);
  else if (isContainer(current)) put(current, '', value);
  else container[key] = [current, value];
}
