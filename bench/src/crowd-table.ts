import type { Fared } from '../../test/src/support/crowd.ts';
import { type CrowdSample, LARGE, SMALL } from './crowd-samples.ts';
import { spreadOf } from './figures.ts';
import { MACHINE } from './pages.ts';
import { spreadText, type Table, toMarkdown } from './table.ts';
import { isBefore, type Way } from './ways.ts';

/** What a way has met in each round beside so many slow clients. */
export interface CrowdResult {
  readonly slow: number;
  readonly way: Way;
  readonly samples: readonly CrowdSample[];
}

const HEAD = [
  ...['slow clients', 'arm'],
  ...['60 KB: p50 / p99, ms', `60 KB: stored, of ${SMALL.count}`],
  ...['5 MB: p50 / p99, ms', `5 MB: stored, of ${LARGE.count}`],
  ...['slow: stored', 'slow: refused', 'peak RSS, MiB'],
];

const text = (values: readonly (number | undefined)[]): string => spreadText(spreadOf(values), 0);

/** Times are of what was stored, so there are none where nothing was. */
function times(fared: readonly Fared[]): string {
  const known = fared.filter(({ stored }) => stored > 0);
  return `${text(known.map(({ p50 }) => p50))} / ${text(known.map(({ p99 }) => p99))}`;
}

/** How many by status, or by the code of a broken connection. */
function refusals(fared: readonly Fared[]): string {
  const statuses = new Set(fared.flatMap(({ refused }) => Object.keys(refused)));
  const counts = [...statuses].map(
    (status) => `${text(fared.map(({ refused }) => refused[status] ?? 0))} × ${status}`,
  );
  return counts.join(', ') || '0';
}

/** A row for each crowd and way. */
export const crowdTable = (results: readonly CrowdResult[]): Table => [
  HEAD,
  ...results.map(({ slow, way, samples }) => {
    const small = samples.map((sample) => sample.small);
    const large = samples.map((sample) => sample.large);
    const slowOnes = samples.map((sample) => sample.slow);
    return [
      ...[String(slow), way.name],
      ...[times(small), text(small.map(({ stored }) => stored))],
      ...[times(large), text(large.map(({ stored }) => stored))],
      ...[text(slowOnes.map(({ stored }) => stored)), refusals(slowOnes)],
      text(samples.map(({ rssMiB }) => rssMiB)),
    ];
  }),
];

/** How it was run: `before` is the commit of the checkout to compare with. */
export interface CrowdRun {
  readonly rounds: number;
  readonly before?: string | undefined;
}

/** The page of all crowds. */
export function toCrowdPage(results: readonly CrowdResult[], { rounds, before }: CrowdRun): string {
  const ways = new Map(results.map(({ way }) => [way.name, way]));
  const legend = [...ways.values()].map(
    ({ name, arm }) => `- \`${name}\`: ${arm.title}${isBefore(name) ? `, as of commit ${before}` : ''}`,
  );
  return [
    '# Slow clients beside fast ones',
    'Written by `npm run bench:crowd -- --write`. The arms: [the benchmark](README.md#arms).',
    `${new Date().toISOString().slice(0, 10)}, ${MACHINE}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}. ` +
      'Medians, in brackets the least and the most.',
    'Slow clients send 50 to 200 KB, evenly over 20 s, all at once. When they have sent for 6 s, fast ones come, over 5 s: ' +
      `${SMALL.count} with 60 KB and ${LARGE.count} with 5 MB, each sent at once. Times are of the uploads that were stored.`,
    toMarkdown(crowdTable(results)),
    legend.join('\n'),
    'Where nothing is stored, `stored` counts the answers of success. The peak RSS is of the whole server process, which was ' +
      'started and warmed up for that crowd alone.',
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}
