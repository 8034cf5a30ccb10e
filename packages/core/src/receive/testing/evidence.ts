import type { FormFields } from '../fields.ts';
import type { Accepted, FormBytes } from './outcomes.ts';

/** A form, and what multer made of it. */
export interface Evidence {
  readonly form: FormBytes;
  readonly boundary: string;
  readonly theirs: Accepted;
  /** The texts before multer decoded them. */
  readonly rawTexts: () => Promise<readonly string[]>;
}

/** Every text among the fields, in their order; `undefined` where multer knows no charset of that name. */
export function textsOf(fields: unknown): readonly (string | undefined)[] {
  if (typeof fields !== 'object' || fields === null) return [fields as string | undefined];
  return Object.values(fields).flatMap(textsOf);
}

/** Every name of a field, at every depth. */
export function keysOf(fields: unknown): readonly string[] {
  if (typeof fields !== 'object' || fields === null) return [];
  return Object.entries(fields as FormFields).flatMap(([key, value]) => [key, ...keysOf(value)]);
}

/** A body in what is between its delimiters: preamble, headers and contents, epilogue. */
export const sections = (text: string, boundary: string): string[] =>
  `\r\n${text}`.split(`\r\n--${boundary}`);

/** The headers of every part, unfolded: a list for each. */
export function headersOf({ form: { text }, boundary }: Evidence): string[][] {
  const parts = sections(text, boundary).slice(1, -1);
  return parts.map((part) => {
    const [head = ''] = part.split('\r\n\r\n');
    return head.replaceAll(/\r\n(?=[\t ])/g, '').split('\r\n');
  });
}

/** Values of a header of any part. */
export function valuesOf(evidence: Evidence, name: string): string[] {
  const lines = headersOf(evidence).flat();
  const ofName = lines.filter((line) => line.toLowerCase().startsWith(`${name}:`));
  return ofName.map((line) => line.slice(name.length + 1).replaceAll(/^[\t ]+|[\t ]+$/g, ''));
}

/** Whether multer dropped a part without a word: it told of fewer than there are delimiters for. */
export const losesPart = ({ form, boundary, theirs }: Evidence): boolean =>
  theirs.announced.length < sections(form.text, boundary).length - 2;
