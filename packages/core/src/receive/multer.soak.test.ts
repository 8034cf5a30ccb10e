import fc from 'fast-check';
import { expect, inject, it } from 'vitest';
import { compare, LIMITS } from './testing/compare.ts';
import { EXCEPTIONS } from './testing/exceptions.ts';
import { forms, limits } from './testing/forms.ts';
import { REFUSALS } from './testing/refusals.ts';

const RUNS = inject('soak') ? 100_000 : 1000;
/** The same forms in every run: a gate is to be repeatable. `SEED=$RANDOM npm run test:soak -- multer` looks for others. */
const SEED = Number(process.env['SEED'] ?? 7578);
const CODES = [
  'LIMIT_PART_COUNT',
  'LIMIT_FILE_COUNT',
  'LIMIT_FIELD_COUNT',
  'LIMIT_FIELD_KEY',
  'LIMIT_FIELD_VALUE',
  'LIMIT_FIELD_NESTING',
  'LIMIT_FIELD_ARRAY_INDEX',
  'MISSING_FIELD_NAME',
  'MALFORMED_MULTIPART',
];

it('reads whatever comes as multer does, or refuses it for a known reason, wherever it is cut', async () => {
  const verdicts = new Map<string, number>();
  const times = (verdict: string): number => verdicts.get(verdict) ?? 0;
  await fc.assert(
    fc.asyncProperty(forms, limits, async (form, formLimits) => {
      const verdict = await compare(form, formLimits);
      verdicts.set(verdict, times(verdict) + 1);
    }),
    { numRuns: RUNS, seed: SEED },
  );
  // The property is not empty: many of the forms can be read, and the others are refused for all reasons that there are.
  expect(times('both')).toBeGreaterThan(RUNS / 3);
  for (const code of CODES) expect.soft(times(`neither: ${code}`), code).toBeGreaterThan(0);
  if (!inject('soak')) return;
  for (const { why } of [...REFUSALS, ...EXCEPTIONS]) expect.soft(times(why), why).toBeGreaterThan(0);
});

const exampleOf = (text: string) => ({
  contentType: 'multipart/form-data; boundary=b',
  boundary: 'b',
  text,
  cuts: Array.from(text.slice(1), (_, i) => i + 1),
});

const rows = <Row extends { readonly why: string }>(table: readonly Row[]) =>
  table.map((row) => [row.why, row] as const);

it.each(rows(REFUSALS))('refuses a form where %s', async (why, { examples }) => {
  for (const example of examples) expect(await compare(exampleOf(example), LIMITS), example).toBe(why);
});

it.each(rows(EXCEPTIONS))('reads a form where %s', async (why, { example }) => {
  expect(await compare(exampleOf(example), LIMITS)).toBe(why);
});

it('refuses an index behind the largest one of a list, as multer does', async () => {
  const part = (name: string): string => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n\r\n`;
  const form = exampleOf(`${part('a[4294967294]')}${part('a[]')}--b--`);
  const verdict = await compare(form, { ...LIMITS, fieldArrayIndexLimit: Number.POSITIVE_INFINITY });
  expect(verdict).toBe('neither: INVALID_FIELD_NAME');
});
