import { ARMS } from './arms.ts';
import type { Result } from './bench-run.ts';
import { FIGURES, type FigureName, ratiosOf, spreadOf } from './figures.ts';
import { quartilesText, type Table } from './table.ts';
import { armOf, beforeOf, isBefore } from './ways.ts';

/** The names that a way is held against: its arm's, each in the same build where there is one; and itself as it was before. */
export function basesOf(way: string, known: ReadonlySet<string>): string[] {
  const { over = [] } = ARMS.find(({ name }) => name === armOf(way)) ?? {};
  const inBuild = over.map((name) => (isBefore(way) && known.has(beforeOf(name)) ? beforeOf(name) : name));
  return [...inBuild, ...(isBefore(way) ? [] : [beforeOf(way)])].filter((name) => known.has(name));
}

const ratioText = (ratio: number | undefined): string => ratio?.toFixed(2) ?? '–';

/**
 * The pairs of one workload, a row each. The first column of a figure has the median of the ratios of the rounds with their
 * quartiles, since what disturbs the machine disturbs both sides; the second the ratio of the medians, which is what counts
 * where every round had a process of its own.
 */
export function pairTable(results: readonly Result[], figures: readonly FigureName[]): Table {
  const byName = new Map(results.map((result) => [result.way, result]));
  const known = new Set(byName.keys());
  const valuesOf = (way: string, figure: FigureName): (number | undefined)[] =>
    byName.get(way)?.samples.map((sample) => sample[figure]) ?? [];
  const cells = (way: string, base: string, figure: FigureName): string[] => {
    const [ours, theirs] = [valuesOf(way, figure), valuesOf(base, figure)];
    const [over, under] = [spreadOf(ours)?.median, spreadOf(theirs)?.median];
    const ofMedians = over === undefined || !under ? undefined : over / under;
    return [quartilesText(spreadOf(ratiosOf(ours, theirs)), 2), ratioText(ofMedians)];
  };
  const rows = [...known].flatMap((way) =>
    basesOf(way, known).map((base) => [
      `${way} over ${base}`,
      ...figures.flatMap((figure) => cells(way, base, figure)),
    ]),
  );
  const titles = figures.flatMap((name) => [`${FIGURES[name].title}, ×`, 'of medians']);
  return rows.length > 0 ? [['paired', ...titles], ...rows] : [];
}
