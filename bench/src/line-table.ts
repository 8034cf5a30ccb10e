import { ratiosOf, type Spread, spreadOf } from './figures.ts';
import { HEADLINE_ARMS } from './headline.ts';
import { boundOf, IDLE_MS, type LineResult, ROUND_TRIP_MS } from './line-samples.ts';
import { MACHINE } from './pages.ts';
import { basesOf } from './pairs.ts';
import { spreadText, type Table, toMarkdown } from './table.ts';
import { armOf, isBefore } from './ways.ts';

/** How it was run: `before` is the commit of the checkout to compare with. */
export interface LineRun {
  readonly rounds: number;
  readonly slowStart: boolean;
  readonly before?: string | undefined;
}

type ToText = (spread: Spread | undefined, digits: number) => string;

const medianText: ToText = (spread, digits) => spread?.median.toFixed(digits) ?? '–';

/** An arm as the headline calls it. */
const titleOf = (way: string): string =>
  `${HEADLINE_ARMS[armOf(way)] ?? `\`${armOf(way)}\``}${isBefore(way) ? ', before' : ''}`;

/**
 * A row for each size and state, with the ratios of what is paired, taken round by round.
 *
 * @param toText shows what the rounds had
 */
export function lineTable(
  results: readonly LineResult[],
  { slowStart }: LineRun,
  toText: ToText = spreadText,
): Table {
  const ways = [...new Set(results.map(({ way }) => way.name))];
  const known = new Set(ways);
  const pairs = ways.flatMap((way) => basesOf(way, known).map((base) => [way, base] as const));
  const cases = new Map(results.map((result) => [`${result.workload.name} ${result.state}`, result]));
  const rows = [...cases.values()].map(({ workload, state }) => {
    const waitsOf = (name: string): readonly number[] =>
      results.find(
        (result) => result.workload === workload && result.state === state && result.way.name === name,
      )?.waits ?? [];
    return [
      ...[workload.title, state],
      ...ways.map((way) => toText(spreadOf(waitsOf(way)), 0)),
      ...pairs.map(([way, base]) => toText(spreadOf(ratiosOf(waitsOf(way), waitsOf(base))), 2)),
      ...(slowStart ? [] : [boundOf(workload, state).toFixed(0)]),
    ];
  });
  const ratioTitles =
    pairs.length === 1 ? ['ratio'] : pairs.map(([way, base]) => `\`${way}\` over \`${base}\``);
  return [
    ['', '', ...ways.map(titleOf), ...ratioTitles, ...(slowStart ? [] : ["the line's bound"])],
    ...rows,
  ];
}

/** How it is measured. */
const METHOD =
  "Milliseconds from the client's last byte to the first byte of the response. The client sends at 20 Mbit/s. " +
  `Imgwire is ${ROUND_TRIP_MS} ms away, and a new connection takes two round trips more. ` +
  `\`idle\` comes after ${IDLE_MS / 1000} s of silence.`;

/** What to say of a line that has it. */
const SLOW_START =
  " The same with TCP's slow start: a connection begins with ten segments and doubles them in each round trip.";

const about = ({ rounds, before }: LineRun): string =>
  `${new Date().toISOString().slice(0, 10)}, ${MACHINE}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}. ` +
  `Medians; a ratio is that of one round.${before === undefined ? '' : ` Before: commit ${before}.`}`;

/** The generated part of the README of the benchmark. */
export const toLinePart = (results: readonly LineResult[], run: LineRun): string =>
  [
    run.slowStart ? METHOD + SLOW_START : METHOD,
    toMarkdown(lineTable(results, run, medianText)),
    about(run),
  ].join('\n\n');

/** What is promised: a photo and a large file. */
const PROMISED: readonly string[] = ['200KB', '2MB'];

/** The generated part of the README of the repository. */
export const toPromise = (results: readonly LineResult[], run: LineRun): string =>
  toMarkdown(
    lineTable(
      results.filter(({ workload }) => PROMISED.includes(workload.name)),
      run,
      medianText,
    ),
  );
