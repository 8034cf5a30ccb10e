import { expect, it } from 'vitest';
import { resolveRules } from './resolve-rules.ts';

const counts = (rules: Parameters<typeof resolveRules>[0]): readonly number[] => {
  const { files, parts } = resolveRules(rules).limits;
  return [files, parts];
};

it.each<[string, Parameters<typeof resolveRules>[0], files: number, parts: number]>([
  ['nothing', {}, 10, 110],
  ['fewer files than by default', { fields: [{ name: 'a', maxCount: 3 }] }, 10, 110],
  ['more files in one field', { fields: [{ name: 'a', maxCount: 200 }] }, 200, 300],
  [
    'more files in two fields',
    { fields: [8, 8].map((maxCount, at) => ({ name: `${at}`, maxCount })) },
    16,
    116,
  ],
  ['more files in all', { limits: { files: 200 } }, 200, 300],
  ['fewer parts', { limits: { parts: 5 }, fields: [{ name: 'a', maxCount: 200 }] }, 200, 5],
  ['no fields, and one file', { limits: { files: 1, fields: 0 } }, 1, 110],
])('rules that say %s have room for as many parts', (_what, rules, files, parts) => {
  expect(counts(rules)).toEqual([files, parts]);
});

it('the largest body grows with the files', () => {
  const most = (maxCount: number): number =>
    resolveRules({ fields: [{ name: 'a', maxCount }] }).limits.requestSize;
  expect(most(20) - most(10)).toBeGreaterThan(10 * 50 * 1024 * 1024);
});
