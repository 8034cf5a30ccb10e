import fc from 'fast-check';
import type { Case } from './transformation-cases.ts';
import type { Rules } from './transformation-rules.ts';

/** Some of the transformations together, each under one of its names, and the path and query that they make. */
export interface Combination {
  readonly options: Readonly<Record<string, unknown>>;
  readonly suffix: string;
}

const SOURCES = ['watermark', 'watermark_text', 'watermark_url'];
const isDetail = (name: string): boolean => name.startsWith('watermark_') && !SOURCES.includes(name);

/** Combinations that make a URL: one watermark at most, and details of it only with one. */
export function combinationsOf(rules: Rules): fc.Arbitrary<Combination> {
  const names = Object.keys(rules);
  const plain = names.filter((name) => !name.startsWith('watermark'));
  const mark = fc
    .tuple(fc.constantFrom(...SOURCES), fc.subarray(names.filter(isDetail)))
    .map(([source, details]) => [source, ...details]);
  // One in eight: the larger ones take their time.
  const preset = fc.constantFrom('thumbnail', 'small', 'medium', 'large', ...Array<undefined>(28));
  return fc
    .tuple(fc.shuffledSubarray(plain, { maxLength: 4 }), fc.oneof(fc.constant([]), mark), preset)
    .chain(([some, more, preset]) =>
      fc.tuple(fc.constant(preset), ...[...some, ...more].map((name) => named(name, rules))),
    )
    .map(([preset, ...given]) => toCombination(preset, given));
}

type Named = Case & { readonly name: string; readonly alias: string };

function named(name: string, rules: Rules): fc.Arbitrary<Named> {
  const rule = rules[name];
  if (!rule) throw new Error(`There is no rule for ${name}.`);
  return fc
    .tuple(fc.constantFrom(name, ...rule.aliases), rule.value)
    .map(([alias, found]) => ({ ...found, name, alias }));
}

/** Names become canonical and are in the order of the alphabet. */
function toCombination(preset: string | undefined, given: readonly Named[]): Combination {
  const query = given
    .flatMap(({ name, text }) => (text === undefined ? [] : [[name, text] as const]))
    .toSorted(([a], [b]) => a.localeCompare(b));
  const search = new URLSearchParams(Object.fromEntries(query)).toString();
  const options = Object.fromEntries(given.map(({ alias, input }) => [alias, input]));
  return {
    options: { ...(preset ? { preset } : {}), ...options },
    suffix: (preset ? `@${preset}` : '') + (search && `?${search}`),
  };
}
