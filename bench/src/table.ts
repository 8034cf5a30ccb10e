import type { Result } from './bench-run.ts';
import { FIGURE_NAMES, FIGURES, type FigureName, type Spread, spreadOf } from './figures.ts';
import type { Verdict } from './targets.ts';

/** Cells of text, the first row being the head. */
export type Table = readonly (readonly string[])[];

const number = (value: number, digits: number): string => value.toFixed(digits);

/** A median with its spread. */
export function spreadText(spread: Spread | undefined, digits: number): string {
  if (!spread) return '–';
  const { median, min, max } = spread;
  const middle = number(median, digits);
  return min === max ? middle : `${middle} (${number(min, digits)}–${number(max, digits)})`;
}

/** A median with its quartiles. */
export const quartilesText = (spread: Spread | undefined, digits: number): string =>
  spreadText(spread && { ...spread, min: spread.low, max: spread.high }, digits);

/** The arms of one workload: one row each, one column for each figure that it has. */
export function workloadTable(
  results: readonly Result[],
  figures: readonly FigureName[] = FIGURE_NAMES,
): Table {
  const spread = (result: Result, name: FigureName): Spread | undefined =>
    spreadOf(result.samples.map((sample) => sample[name]));
  const names = figures.filter((name) => results.some((result) => spread(result, name)));
  return [
    ['arm', ...names.map((name) => `${FIGURES[name].title}, ${FIGURES[name].unit}`)],
    ...results.map((result) => [
      result.way,
      ...names.map((name) => spreadText(spread(result, name), FIGURES[name].digits)),
    ]),
  ];
}

/** Target, what was measured, and whether that is enough. */
export function verdictTable(verdicts: readonly Verdict[]): Table {
  const answer = (met: boolean | undefined): string => (met === undefined ? '–' : met ? 'yes' : 'NO');
  return [
    ['', 'target', 'measured', 'met'],
    ...verdicts.map(({ title, target, unit, measured, met }) => [
      title,
      `${target} ${unit}`.trim(),
      spreadText(measured, unit === '×' ? 2 : 0),
      answer(met),
    ]),
  ];
}

/** For a terminal: columns as wide as their widest cell. */
export function toText(table: Table): string {
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ');
  return table.map(line).join('\n');
}

/** For the README. */
export function toMarkdown([head = [], ...rows]: Table): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  return [
    line(head),
    `|${head.map((_, at) => (at === 0 ? ' --- |' : ' ---: |')).join('')}`,
    ...rows.map(line),
  ].join('\n');
}

/** For the report. */
export function toHtml([head = [], ...rows]: Table): string {
  const cells = (row: readonly string[], tag: string): string =>
    `<tr>${row.map((cell) => `<${tag}${cell === 'NO' ? ' class="no"' : ''}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${cells(head, 'th')}${rows.map((row) => cells(row, 'td')).join('')}</table>`;
}

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
