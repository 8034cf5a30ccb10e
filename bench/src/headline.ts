import type { Result } from './bench-run.ts';
import { FIGURES, type FigureName, spreadOf } from './figures.ts';
import type { Table } from './table.ts';

/** What a reader would compare: ours as it is, and what they would write themselves. */
export const HEADLINE_ARMS: Readonly<Record<string, string>> = {
  express: '`imgwireUpload()`',
  'multer-memory': 'multer, then `fetch`',
  'multer-undici': 'multer, then `undici.request`',
};

/** One row: a figure of a workload, and what to call it. */
interface Row {
  readonly workload: string;
  readonly title: string;
  readonly figure: FigureName;
}

const rows = (workload: string, title: string, ...figures: FigureName[]): Row[] =>
  figures.map((figure) => ({ workload, title, figure }));

const ROWS: readonly Row[] = [
  ...rows('20KB-16', '20 KB, 16 at once', 'requestsPerSecond', 'cpuMsPerRequest'),
  ...rows('100KB-16', '100 KB, 16 at once', 'requestsPerSecond', 'cpuMsPerRequest'),
  ...rows('2MB-16', '2 MB, 16 at once', 'mibPerSecond', 'cpuMsPerGiB'),
  ...rows('50MB-4', '50 MB, 4 at once', 'mibPerSecond', 'cpuMsPerGiB'),
  ...rows('memory-5MB', '5 MB, 64 at once', 'peakRssMiB'),
  ...rows('memory-50MB', '50 MB, 64 at once', 'peakRssMiB'),
];

/** The median of a figure; undefined where the run has none. */
export const medianOf = (
  results: readonly Result[],
  workload: string,
  arm: string,
  figure: FigureName,
): number | undefined => {
  const found = results.find((result) => result.workload === workload && result.way === arm);
  return spreadOf(found?.samples.map((sample) => sample[figure]) ?? [])?.median;
};

/** Throughput, CPU and memory by file size, in medians: the table that a stranger reads. */
export function headlineTable(results: readonly Result[]): Table {
  const arms = Object.entries(HEADLINE_ARMS);
  const cell = ({ workload, figure }: Row, arm: string): string =>
    medianOf(results, workload, arm, figure)?.toFixed(FIGURES[figure].digits) ??
    // The arms that buffer are left out where the files would not fit into memory.
    'more than all the files';
  return [
    ['', '', ...arms.map(([, title]) => title)],
    ...ROWS.filter(({ workload }) => results.some((result) => result.workload === workload)).map((row) => [
      row.title,
      `${FIGURES[row.figure].title}, ${FIGURES[row.figure].unit}`,
      ...arms.map(([arm]) => cell(row, arm)),
    ]),
  ];
}
