/** What is told of one arm in one round of one workload, as far as the workload is about it. */
export interface Sample {
  /** File bytes stored. */
  readonly mibPerSecond?: number;
  readonly requestsPerSecond?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Of the server process, user and system. */
  readonly cpuMsPerGiB?: number;
  readonly cpuMsPerRequest?: number;
  /** Largest resident memory, above that of the idle server. */
  readonly peakRssMiB?: number;
  /** Longest time that the event loop did not turn. */
  readonly stallMs?: number;
  /** From the client's first byte to the first at the store; one at a time only. */
  readonly firstByteMs?: number | undefined;
  /** The time of a request over that of the slower of its two legs alone; slow lines only. */
  readonly overSlowerLeg?: number | undefined;
  /** The CPU of a request over that with few in flight; where many are held. */
  readonly overFewCpu?: number;
  /** The same, less that with few, microseconds. */
  readonly growthUs?: number;
  /** Made for a request, by everything in the process. */
  readonly promises?: number;
  readonly controllers?: number;
  readonly listeners?: number;
  readonly timers?: number;
  /** Objects, in kilobytes of 1000 bytes; buffers are outside the heap. */
  readonly allocatedKb?: number;
  /** Of those what only a full collection finds. */
  readonly keptKb?: number;
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
  overFewCpu: { title: 'CPU over that with few in flight', unit: '×', better: 'less', digits: 2 },
  growthUs: { title: 'CPU above that', unit: 'µs/request', better: 'less', digits: 0 },
  promises: { title: 'Promises', unit: '1/request', better: 'less', digits: 1 },
  controllers: { title: 'Abort controllers', unit: '1/request', better: 'less', digits: 1 },
  listeners: { title: 'Listeners of signals', unit: '1/request', better: 'less', digits: 1 },
  timers: { title: 'Timers', unit: '1/request', better: 'less', digits: 1 },
  allocatedKb: { title: 'Allocated', unit: 'KB/request', better: 'less', digits: 1 },
  keptKb: { title: 'Left for a full collection', unit: 'KB/request', better: 'less', digits: 1 },
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

/** One over the other, round by round. */
export const ratiosOf = (
  values: readonly (number | undefined)[],
  base: readonly (number | undefined)[],
): number[] => values.map((value, round) => (value ?? Number.NaN) / (base[round] ?? Number.NaN));

/** The median of the rounds, and their spread. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** A quarter of the rounds is below. */
  readonly low: number;
  /** A quarter is above. */
  readonly high: number;
}

/** Undefined where no round had the figure. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const known = values.filter((value): value is number => value !== undefined && Number.isFinite(value));
  if (known.length === 0) return undefined;
  return {
    ...{ median: median(known), min: Math.min(...known), max: Math.max(...known) },
    ...{ low: quantile(known, 0.25), high: quantile(known, 0.75) },
  };
}
