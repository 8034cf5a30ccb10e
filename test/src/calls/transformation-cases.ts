import fc from 'fast-check';

/** A value that a caller may give, and what becomes of it in a URL. */
export interface Case {
  readonly input: unknown;
  /** As the URL has it; undefined where nothing is to be done. */
  readonly text: string | undefined;
  /** As JSON has it, where it is a field of an object. @default text */
  readonly json?: unknown;
}

/** Values of one kind. */
export type Cases = fc.Arbitrary<Case>;

/** Any of these, which are all written alike. */
export const just = (text: string | undefined, ...inputs: readonly unknown[]): Cases =>
  fc.constantFrom(...inputs).map((input) => ({ input, text }));

/** Numbers, as such and as texts. */
export const numeric = (value: fc.Arbitrary<number>): Cases =>
  fc.tuple(value, fc.boolean()).map(([json, isText]) => {
    const text = String(json);
    return { input: isText ? text : json, text, json };
  });

/** Whole numbers of a range. */
export const whole = (min: number, max: number): Cases => numeric(fc.integer({ min, max }));

/** Numbers of a range. */
export const number = (min: number, max: number): Cases => numeric(fc.double({ min, max, noNaN: true }));

/** Words, whatever their case, and other words for the same. */
export const words = (names: readonly string[], others: Readonly<Record<string, string>> = {}): Cases =>
  fc.oneof(
    ...[...names.map((name) => [name, name] as const), ...Object.entries(others)].map(([word, text]) =>
      just(text, word, word.toUpperCase(), ` ${word}`),
    ),
  );

type Given = ReadonlyArray<readonly [name: string, field: Case]>;

/** Of a list of fields, these or more, in any order, among properties that mean nothing. */
export const object = (
  fields: Readonly<Record<string, Cases>>,
  required: readonly string[] = [],
  write = toJson,
): Cases =>
  fc
    .record(fields, { requiredKeys: [...required] })
    .filter((record) => Object.keys(record).length > 0)
    .chain((record) => {
      const given = Object.keys(fields).flatMap((name) =>
        record[name] ? [[name, record[name]] as const] : [],
      );
      const input = Object.fromEntries(
        given.map(([name, field]) => [name, field.input] as const).toReversed(),
      );
      return just(write(given), input, { ...input, note: null }, JSON.stringify(input));
    });

const toJson = (given: Given): string =>
  JSON.stringify(Object.fromEntries(given.map(([name, { json, text }]) => [name, json ?? text])));

/** Writes fields joined by colons. */
export const toForm = (given: Given): string => given.map(([, { text }]) => text).join(':');

/**
 * Fields joined by colons, of which the first ones have to be there. Where others may be empty, an empty one keeps its
 * colon, except for the last of all where it is said to go.
 */
export const form = (fields: readonly Cases[], least: number, gaps?: 'stay' | 'last goes'): Cases =>
  fc
    .integer({ min: Math.max(1, least), max: fields.length })
    .chain((count) =>
      fc.tuple(
        ...fields.slice(0, count).map((field, at) => (gaps && at >= least ? fc.option(field) : field)),
      ),
    )
    .filter((parts) => parts.some((part) => part !== null))
    .map((parts) => {
      const texts = parts.map((part) => part?.text ?? '');
      const goes = gaps === 'last goes' && parts.length === fields.length && parts.at(-1) === null;
      return {
        input: parts.map((part) => String(part?.input ?? '')).join(':'),
        text: (goes ? texts.slice(0, -1) : texts).join(':'),
      };
    });

/** The words for true. */
export const yes = just('true', true, 'true', 't', '1', 'YES', 'on');
const no = just('false', false, 'false', 'F', '0', 'no', 'off');
/** The words for false, where they mean that nothing is done. */
export const nothing = no.map(({ input }) => ({ input, text: undefined }));
/** Both. */
export const boolean = fc.oneof(yes, no);

/** Colours in hexadecimal. */
export const hex = fc
  .constantFrom('#F0a', '0bC', '#0B1f5e', 'ff2a2a', '#00000080', 'FFFFFF00')
  .map((input) => {
    const text = input.replace('#', '').toLowerCase();
    return { input, text, json: `#${text}` };
  });
const channel = fc.integer({ min: 0, max: 255 });
const rgb = fc
  .tuple(channel, channel, channel, fc.option(fc.double({ min: 0, max: 1, noNaN: true })))
  .chain(([r, g, b, alpha]) => {
    const json = alpha === null ? { r, g, b } : { r, g, b, alpha };
    const text = Object.values(json).join(':');
    return fc.constantFrom(json, { model: 'rgb', ...json }, text).map((input) => ({ input, text, json }));
  });
/** Colours in all notations. */
export const color = fc.oneof(hex, rgb);
