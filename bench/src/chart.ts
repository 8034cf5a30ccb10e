import type { Spread } from './figures.ts';
import { escapeHtml } from './table.ts';

/** A bar with its whisker. */
export interface Bar {
  readonly label: string;
  readonly value: Spread;
  /** Whether it is one of this repository. */
  readonly ours: boolean;
}

const WIDTH = 720;
const LABEL = 150;
const VALUE = 90;
const ROW = 24;
const AXIS = 42;

/** Horizontal bars from zero: the median, and a line from the least to the most. Colours come from the page. */
export function barChart(title: string, unit: string, digits: number, bars: readonly Bar[]): string {
  const ticks = ticksTo(Math.max(...bars.map(({ value }) => value.max)));
  const end = ticks.at(-1) ?? 1;
  const x = (value: number): number => LABEL + (value / end) * (WIDTH - LABEL - VALUE);
  const bottom = bars.length * ROW;
  const grid = ticks.map(
    (tick) =>
      `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="0" y2="${bottom}"/>` +
      `<text class="tick" x="${x(tick)}" y="${bottom + 15}" text-anchor="middle">${tick}</text>`,
  );
  const rows = bars.map(({ label, value: { median, min, max }, ours }, at) => {
    const middle = at * ROW + ROW / 2;
    return (
      `<text x="${LABEL - 8}" y="${middle + 4}" text-anchor="end">${escapeHtml(label)}</text>` +
      `<rect class="${ours ? 'ours' : 'other'}" x="${LABEL}" y="${middle - 8}" width="${x(median) - LABEL}" height="16"/>` +
      `<line class="whisker" x1="${x(min)}" x2="${x(max)}" y1="${middle}" y2="${middle}"/>` +
      `<text x="${x(Math.max(max, median)) + 6}" y="${middle + 4}">${median.toFixed(digits)}</text>`
    );
  });
  const height = bottom + AXIS;
  return (
    `<figure><figcaption>${escapeHtml(title)}</figcaption>` +
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(`${title}, ${unit}`)}">` +
    `${grid.join('')}${rows.join('')}` +
    `<text class="tick" x="${(LABEL + WIDTH - VALUE) / 2}" y="${bottom + 34}" text-anchor="middle">${escapeHtml(unit)}</text>` +
    '</svg></figure>'
  );
}

/** About five round numbers from zero to the first above `most`. */
function ticksTo(most: number): number[] {
  if (!(most > 0)) return [0, 1];
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const count = Math.ceil(most / step);
  return Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(6)));
}
