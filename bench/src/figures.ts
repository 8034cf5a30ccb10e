/** What is told of one arm in one round of one workload. */
export interface Sample {
  /** File bytes stored. */
  readonly mibPerSecond: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the server process, user and system. */
  readonly cpuMsPerGiB: number;
  readonly cpuMsPerRequest: number;
  /** Largest resident memory, above that of the idle server. */
  readonly peakRssMiB: number;
  /** Longest time that the event loop did not turn. */
  readonly stallMs: number;
  /** From the client's first byte to the first at the store; one at a time only. */
  readonly firstByteMs?: number | undefined;
  /** The time of a request over that of the slower of its two legs alone; slow lines only. */
  readonly overSlowerLeg?: number | undefined;
}

export type FigureName = keyof Sample;

/** How a figure is shown. */
export interface Figure {
  readonly title: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly digits: number;
}

export const FIGURES: Readonly<Record<FigureName, Figure>> = {
  mibPerSecond: { title: 'Throughput', unit: 'MiB/s', better: 'more', digits: 0 },
  requestsPerSecond: { title: 'Requests', unit: '1/s', better: 'more', digits: 0 },
  p50Ms: { title: 'p50', unit: 'ms', better: 'less', digits: 1 },
  p99Ms: { title: 'p99', unit: 'ms', better: 'less', digits: 1 },
  cpuMsPerGiB: { title: 'CPU', unit: 'ms/GiB', better: 'less', digits: 0 },
  cpuMsPerRequest: { title: 'CPU', unit: 'ms/request', better: 'less', digits: 2 },
  peakRssMiB: { title: 'Peak RSS over idle', unit: 'MiB', better: 'less', digits: 0 },
  stallMs: { title: 'Longest stall', unit: 'ms', better: 'less', digits: 0 },
  firstByteMs: { title: 'First byte at the store', unit: 'ms', better: 'less', digits: 1 },
  overSlowerLeg: { title: 'Time over the slower leg', unit: '×', better: 'less', digits: 2 },
};

export const FIGURE_NAMES = Object.keys(FIGURES) as readonly FigureName[];

/** The value at a share of the sorted values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (place: number): number => sorted[place] ?? Number.NaN;
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
}

/** The median of the rounds, and their spread. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Undefined where no round had the figure. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const known = values.filter((value): value is number => value !== undefined && Number.isFinite(value));
  if (known.length === 0) return undefined;
  return { median: median(known), min: Math.min(...known), max: Math.max(...known) };
}
