import type { Result } from './bench-run.ts';
import { HEADLINE_ARMS, medianOf } from './headline.ts';
import { escapeHtml } from './table.ts';

/** The colours of one drawing: GitHub's own, so that it stands in its page. */
const THEMES = {
  light: { ink: '#1f2328', soft: '#59636e', line: '#d1d9e0', ours: '#0969da', other: '#818b98' },
  dark: { ink: '#f0f6fc', soft: '#9198a1', line: '#3d444d', ours: '#4493f8', other: '#656c76' },
} as const;

export type ThemeName = keyof typeof THEMES;
export const THEME_NAMES = Object.keys(THEMES) as readonly ThemeName[];

const GROUPS = [
  ['20KB-16', '20 KB × 16'],
  ['100KB-16', '100 KB × 16'],
  ['2MB-16', '2 MB × 16'],
  ['50MB-4', '50 MB × 4'],
] as const;
const WIDTH = 760;
const LEFT = 250;
const VALUE = 50;
const ROW = 22;
const GAP = 18;

/** Throughput by file size, over multer with `fetch`: bars from zero, as an SVG of its own. */
export function headlineChart(results: readonly Result[], themeName: ThemeName): string {
  const { ink, soft, line, ours, other } = THEMES[themeName];
  const arms = Object.entries(HEADLINE_ARMS).map(([arm, title]) => ({
    arm,
    title: title.replaceAll('`', ''),
  }));
  const ratio = (workload: string, arm: string): number =>
    (medianOf(results, workload, arm, 'mibPerSecond') ?? 0) /
    (medianOf(results, workload, 'multer-memory', 'mibPerSecond') ?? Number.NaN);
  const end = Math.ceil(
    Math.max(1, ...GROUPS.flatMap(([workload]) => arms.map(({ arm }) => ratio(workload, arm) || 0))),
  );
  const x = (value: number): number => LEFT + (value / end) * (WIDTH - LEFT - VALUE);
  const top = (group: number): number => 10 + group * (arms.length * ROW + GAP);
  const bottom = top(GROUPS.length) - GAP + 6;
  const grid = Array.from({ length: end + 1 }, (_, tick) => {
    return (
      `<path d="M${x(tick)} 4V${bottom}" stroke="${line}"/>` +
      `<text x="${x(tick)}" y="${bottom + 18}" text-anchor="middle" fill="${soft}">${tick} ×</text>`
    );
  });
  const bars = GROUPS.flatMap(([workload, title], group) => [
    `<text x="0" y="${top(group) + ROW / 2 + 4}" fill="${ink}" font-weight="600">${title}</text>`,
    ...arms.map(({ arm, title: name }, at) => {
      const middle = top(group) + at * ROW + ROW / 2;
      const value = ratio(workload, arm);
      return (
        `<text x="${LEFT - 8}" y="${middle + 4}" text-anchor="end" fill="${ink}">${escapeHtml(name)}</text>` +
        `<rect x="${LEFT}" y="${middle - 8}" width="${(x(value) - LEFT).toFixed(1)}" height="16" rx="2" fill="${arm === 'express' ? ours : other}"/>` +
        `<text x="${(x(value) + 6).toFixed(1)}" y="${middle + 4}" fill="${ink}">${value.toFixed(2)}</text>`
      );
    }),
  ]);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 28}" font-family="system-ui, sans-serif" font-size="13">` +
    '<title>Throughput over that of multer with fetch; more is better</title>' +
    `${[...grid, ...bars].join('\n')}</svg>\n`
  );
}
