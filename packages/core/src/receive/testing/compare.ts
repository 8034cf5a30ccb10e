import { inspect, isDeepStrictEqual } from 'node:util';
import { IMGWIRE_ERROR_CODES } from '../../errors.ts';
import type { FormLimits } from '../form.ts';
import { type Evidence, keysOf, textsOf } from './evidence.ts';
import { EXCEPTIONS } from './exceptions.ts';
import {
  type Accepted,
  type FormBytes,
  isAccepted,
  type Outcome,
  type Refused,
  readMulters,
  readOurs,
} from './outcomes.ts';
import { lossIn, refusalFor } from './refusals.ts';

/** A form with its boundary, and where its body is cut. */
export interface CutForm extends FormBytes {
  readonly boundary: string;
  readonly cuts: readonly number[];
}

/** Limits that the forms of these tests keep to, but for a few. */
export const LIMITS: FormLimits = {
  files: 100,
  fields: 100,
  parts: 100,
  fieldSize: 1e6,
  fieldNameSize: 100,
  fieldNestingDepth: 5,
  fieldArrayIndexLimit: 100,
};

const UNLIMITED: FormLimits = {
  files: Number.POSITIVE_INFINITY,
  fields: Number.POSITIVE_INFINITY,
  parts: Number.POSITIVE_INFINITY,
  fieldSize: Number.POSITIVE_INFINITY,
  fieldNameSize: Number.POSITIVE_INFINITY,
  fieldNestingDepth: Number.POSITIVE_INFINITY,
  fieldArrayIndexLimit: Number.POSITIVE_INFINITY,
};

/**
 * Reads a form with ours and with multer, and says what came of it: `both` accept it, `neither` does, with this code of ours, or
 * what allows that they disagree.
 *
 * @throws Error if nothing does; or if ours depends on the cuts
 */
export async function compare(form: CutForm, limits: FormLimits): Promise<string> {
  const ours = await readOurs(form, [], limits, 'whole');
  const cut = await readOurs(form, form.cuts, limits, 'chunks');
  // Which of two faults comes to light first may depend on the cuts.
  const isSame = isAccepted(ours) ? isDeepStrictEqual(ours, cut) : isCode(cut, ours.code);
  if (!isSame) throw disagreement('Ours depends on the cuts', ours, cut);
  if (!isAccepted(ours) && !IMGWIRE_ERROR_CODES.some((code) => code === ours.code))
    throw disagreement('Ours has no code', ours);
  const theirs = await readMulters(form, form.cuts, limits);
  const verdict = (await judge(form, ours, theirs, limits)) ?? (await judgeRewritten(form, ours, limits));
  if (!verdict) throw disagreement('Ours and multer disagree', ours, theirs);
  return verdict;
}

const disagreement = (what: string, ...outcomes: Outcome[]): Error =>
  new Error(`${what}: ${outcomes.map((outcome) => inspect(outcome, { depth: 8 })).join(' and ')}`);

const isCode = (outcome: Outcome, code: string): boolean => !isAccepted(outcome) && outcome.code === code;

/** Undefined if nothing allows it. */
async function judge(
  form: CutForm,
  ours: Outcome,
  theirs: Outcome,
  limits: FormLimits,
): Promise<string | undefined> {
  if (!isAccepted(theirs)) {
    return !isAccepted(ours) && (await isSameCode(form, ours, theirs)) ? `neither: ${ours.code}` : undefined;
  }
  const evidence: Evidence = {
    form,
    boundary: form.boundary,
    theirs,
    rawTexts: async () => (await rawTexts(form, limits)).texts,
  };
  if (!isAccepted(ours)) {
    const refusal = refusalFor(ours);
    return (await refusal?.isJustified(evidence)) ? refusal?.why : undefined;
  }
  // Both could lose the same.
  return (await isEqual(form, ours, theirs, limits)) && !(await lossIn(evidence)) ? 'both' : undefined;
}

const seenIn = ({ fields, files }: Accepted) => ({ fields, files });

async function isEqual(
  form: CutForm,
  ours: Accepted,
  theirs: Accepted,
  limits: FormLimits,
): Promise<boolean> {
  if (isDeepStrictEqual(seenIn(ours), seenIn(theirs))) return true;
  const declared = [...form.text.matchAll(/charset="?[\t ]*([^\s;"]+)/gi)].map(([, charset = '']) => charset);
  if (declared.length === 0 || !isDeepStrictEqual(ours.files, theirs.files)) return false;
  const raw = await rawTexts(form, limits);
  const texts = textsOf(ours.fields);
  return (
    isDeepStrictEqual(keysOf(ours.fields), keysOf(raw.fields)) &&
    texts.every((text, i) =>
      ['utf-8', ...declared].some((charset) => text === decode(charset, raw.texts[i] ?? '')),
    )
  );
}

function decode(charset: string, text: string): string | undefined {
  const bytes = Buffer.from(text, 'latin1');
  // The mark at the beginning of a text in UTF-8 is part of it for both.
  if (/^utf-?8$/i.test(charset)) return bytes.toString();
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The fields as multer reads them if no text declares a charset, a character for each byte. */
async function rawTexts(
  { contentType, text, cuts }: CutForm,
  limits: FormLimits,
): Promise<{ fields: unknown; texts: string[] }> {
  const undeclared = { contentType, text: text.replaceAll(/(charse)t(?==)/gi, '$1_') };
  const raw = await readMulters(undeclared, cuts, limits, 'latin1');
  const fields = isAccepted(raw) ? raw.fields : {};
  return { fields, texts: textsOf(fields).map((each = '') => each.replaceAll(/(charse)_(?==)/gi, '$1t')) };
}

/** Errors of multer without a code say that a form is malformed. */
async function isSameCode(form: CutForm, ours: Refused, theirs: Refused): Promise<boolean> {
  if (ours.code === theirs.code || theirs.code === '' || theirs.code === 'HUNG') return true;
  // Which limit a malformed form exceeds says nothing of it.
  if (ours.code === 'MALFORMED_MULTIPART') return !isAccepted(await readOurs(form, [], UNLIMITED, 'whole'));
  // An extended name is none for ours (see the table); multer goes on with the plain one.
  return (
    EARLIER.some(([one, other]) => ours.code === one && other.test(theirs.code)) ||
    (ours.code === 'MISSING_FIELD_NAME' && /name\*=/i.test(form.text))
  );
}

/** What ours looks at before multer does: multer counts a part when it has ended, and looks at names after values. */
const EARLIER: readonly (readonly [ours: string, theirs: RegExp])[] = [
  ['LIMIT_PART_COUNT', /./],
  ['LIMIT_FIELD_KEY', /^LIMIT_FIELD_VALUE$/],
];

/** The same form without what multer reads in another way, knowingly: ours must read it alike, and they must agree on it. */
async function judgeRewritten(form: CutForm, ours: Outcome, limits: FormLimits): Promise<string | undefined> {
  for (const { why, rewrite } of EXCEPTIONS) {
    const rewritten = { ...form, text: rewrite(form.text) };
    if (rewritten.text === form.text) continue;
    const again = await readOurs(rewritten, [], limits, 'whole');
    if (!isAlike(ours, again)) continue;
    if (await judge(rewritten, again, await readMulters(rewritten, [], limits), limits)) return why;
    const further = await judgeRewritten(rewritten, again, limits);
    if (further) return further;
  }
  return undefined;
}

function isAlike(one: Outcome, other: Outcome): boolean {
  if (!isAccepted(one)) return isCode(other, one.code);
  return (
    isAccepted(other) &&
    one.files.length === other.files.length &&
    textsOf(one.fields).length === textsOf(other.fields).length
  );
}
