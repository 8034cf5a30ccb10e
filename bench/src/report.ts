import { ARMS } from './arms.ts';
import type { Result } from './bench-run.ts';
import { type Bar, barChart } from './chart.ts';
import { FIGURES, type FigureName, spreadOf } from './figures.ts';
import { headlineTable } from './headline.ts';
import { pairTable } from './pairs.ts';
import { escapeHtml, type Table, toHtml, toMarkdown, verdictTable, workloadTable } from './table.ts';
import type { Verdict } from './targets.ts';
import { armOf } from './ways.ts';
import type { Workload } from './workloads.ts';

/** All that a run found out; what results.json holds. */
export interface Report {
  readonly date: string;
  readonly machine: string;
  readonly rounds: number;
  readonly importMs: readonly number[];
  readonly packages: readonly string[];
  readonly results: readonly Result[];
  readonly verdicts: readonly Verdict[];
}

const STYLE = `
:root { color-scheme: light dark; --text: #1c2330; --dim: #667085; --line: #d5dae3; --ours: #2563eb; --other: #9aa5b8; --back: #fff; --no: #b42318; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ef; --dim: #98a2b3; --line: #344054; --ours: #6ea0ff; --other: #667085; --back: #12161d; --no: #ff8f84; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
figure { margin: 1rem 0; max-width: 820px; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; font-size: 12px; } svg text { fill: var(--text); } svg .tick { fill: var(--dim); }
.grid { stroke: var(--line); } .whisker { stroke: var(--text); stroke-width: 2; } .ours { fill: var(--ours); } .other { fill: var(--other); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; } th:first-child, td:first-child { text-align: left; }
td.no { color: var(--no); font-weight: 700; } .dim { color: var(--dim); }
`;

const isOurs = (way: string): boolean => ARMS.some(({ name, ours }) => ours && name === armOf(way));

function chartOf(results: readonly Result[], name: FigureName): string {
  const { title, unit, better, digits } = FIGURES[name];
  const bars = results.flatMap(({ way, samples }): Bar[] => {
    const value = spreadOf(samples.map((sample) => sample[name]));
    return value ? [{ label: way, value, ours: isOurs(way) }] : [];
  });
  return bars.length > 0 ? barChart(`${title} (${better} is better)`, unit, digits, bars) : '';
}

const wide = (table: Table): string => `<div class="wide">${toHtml(table)}</div>`;

/** The page, with nothing to load. */
export function toPage(report: Report, workloads: readonly Workload[]): string {
  const sections = workloads.flatMap((workload) => {
    const results = report.results.filter((result) => result.workload === workload.name);
    if (results.length === 0) return [];
    const charts = workload.charts.map((name) => chartOf(results, name)).join('');
    const pairs = pairTable(results, workload.charts);
    return `<section id="${workload.name}"><h2>${escapeHtml(workload.title)}</h2>${charts}${pairs.length > 0 ? wide(pairs) : ''}
<details><summary>All figures</summary>${wide(workloadTable(results))}</details></section>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Upload benchmark</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>
<h1>Upload benchmark</h1>
<p class="dim">${escapeHtml(about(report))} Bars are medians, lines go from the least to the most.</p>
<h2>Targets</h2>${wide(verdictTable(report.verdicts))}
${sections.join('\n')}
</body></html>
`;
}

/** When, where and how often. */
const about = ({ date, machine, rounds }: Report): string =>
  `${date.slice(0, 10)}, ${machine}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}.`;

/** The generated part of the README. */
export const toReadmePart = (report: Report): string =>
  `${toMarkdown(headlineTable(report.results))}\n\n${about(report)} Medians.`;

/** The page of all results. */
export function toResultsPage(report: Report, workloads: readonly Workload[]): string {
  const sections = workloads.flatMap(({ name, title, charts }) => {
    const results = report.results.filter((result) => result.workload === name);
    if (results.length === 0) return [];
    const pairs = pairTable(results, charts);
    return [
      `## ${title} (\`${name}\`)`,
      toMarkdown(workloadTable(results)),
      ...(pairs.length > 0 ? [toMarkdown(pairs)] : []),
    ];
  });
  return [
    '# Results',
    'Written by `npm run bench -- --write`. What is measured and how: [the benchmark](README.md).',
    `${about(report)} Medians, in brackets the least and the most; of what is paired, the quartiles.`,
    '## Targets',
    toMarkdown(verdictTable(report.verdicts)),
    ...sections,
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/** The figures that each workload is about, for every value of a sweep. */
export function toSweepPart(results: readonly Result[], workloads: readonly Workload[]): string {
  return workloads
    .map(({ name, charts }) => {
      const found = results.filter((result) => result.workload === name);
      return `\`${name}\`:\n\n${toMarkdown(workloadTable(found, charts))}`;
    })
    .join('\n\n');
}
