import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * In which order files begin: first those with many bytes, while little is in memory, since each of their buffers brings the next collection
 * of garbage nearer; then those that wait for long; then all others, so that no worker is left with a long one at the end.
 */
const RANKS: readonly RegExp[] = [
  /\/upload\/[^/]*\.soak\.test\.ts$/,
  /\.soak\.test\.ts$/,
  /\/(?:bullmq|upstream|import-queue)\//,
];

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = RANKS.findIndex((pattern) => pattern.test(moduleId));
  return rank === -1 ? RANKS.length : rank;
};

/** The order of vitest, one project after the other, and the longest of the last run or the largest files first, within the ranks. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((each) =>
      sorted.filter(({ project }) => project === each).toSorted((a, b) => rankOf(a) - rankOf(b)),
    );
  }
}
