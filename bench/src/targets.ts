import type { Result } from './bench-run.ts';
import { type FigureName, ratiosOf, type Spread, spreadOf } from './figures.ts';

/** One figure of one arm in one workload. */
interface Measured {
  readonly workload: string;
  readonly arm: string;
  readonly figure: FigureName;
}

/** A promise of the packages: a figure over another of the same run, or on its own. */
export interface Target extends Measured {
  readonly title: string;
  /** What the figure is divided by. Absent: it stands for itself. */
  readonly against?: Partial<Measured>;
  readonly most?: number;
  readonly least?: number;
  /** @default '×' */
  readonly unit?: string;
}

const OURS = ['express', 'express-no-replay'];

const forOurs = (make: (arm: string) => Target | readonly Target[]): Target[] => OURS.flatMap(make);

const throughput = (workload: string, arm: string, over: string, least: number): Target => ({
  title: `${workload}: throughput of ${arm} over ${over}`,
  ...{ workload, arm, figure: 'mibPerSecond', against: { arm: over }, least },
});

const likeMulter = (workload: string, arm: string): Target[] => [
  {
    title: `${workload}: requests of ${arm} over multer-memory`,
    ...{ workload, arm, figure: 'requestsPerSecond', against: { arm: 'multer-memory' }, least: 1 },
  },
  {
    title: `${workload}: p99 of ${arm} over multer-memory`,
    ...{ workload, arm, figure: 'p99Ms', against: { arm: 'multer-memory' }, most: 1 },
  },
];

const cpu = (workload: string, arm: string, over: string, most: number): Target => ({
  title: `${workload}: CPU of ${arm} over ${over}`,
  ...{ workload, arm, figure: 'cpuMsPerRequest', against: { arm: over }, most },
});

const objects = (arm: string, figure: FigureName, most: number, unit: string): Target => ({
  title: `objects-20KB: ${figure} of ${arm}`,
  ...{ workload: 'objects-20KB', arm, figure, most, unit },
});

const hostile = (workload: string, arm: string): Target[] => [
  {
    title: `${workload}: time of ${arm} over random bytes`,
    ...{ workload, arm, figure: 'p50Ms', against: { workload: 'hostile-random' }, most: 2 },
  },
  {
    title: `${workload}: longest stall of ${arm}`,
    ...{ workload, arm, figure: 'stallMs', most: 50, unit: 'ms' },
  },
];

/** All of them. Ratios are of one round, so that what disturbs the machine disturbs both sides. */
const TARGETS: readonly Target[] = [
  // `multer-undici` is the fastest that anyone would write: no limits, no undo, no checks.
  ...['2MB-1', '2MB-16', '2MB-128', '50MB-1', '50MB-4'].map((workload) =>
    throughput(workload, 'express', 'multer-undici', 1),
  ),
  ...['20KB-1', '20KB-16', '20KB-128', '100KB-1', '100KB-16', '100KB-128'].map((workload) =>
    throughput(workload, 'express', 'multer-undici', 1),
  ),
  ...['20KB-1', '20KB-16', '20KB-128'].map((workload) =>
    cpu(workload, 'http-receiver', 'http-multer-undici', 0.95),
  ),
  cpu('100KB-16', 'http-receiver', 'http-multer-undici', 1.05),
  ...['2MB-16', '50MB-4'].map((workload) => cpu(workload, 'http-receiver', 'http-multer-undici', 0.8)),
  cpu('20KB-16', 'http-receive', 'http-receiver', 1.1),
  objects('http-receiver', 'promises', 30, '/request'),
  objects('http-receiver', 'controllers', 0, '/request'),
  objects('http-receiver', 'allocatedKb', 60, 'KB/request'),
  objects('express', 'promises', 32, '/request'),
  objects('express', 'allocatedKb', 95, 'KB/request'),
  objects('express', 'keptKb', 20, 'KB/request'),
  throughput('2MB-16', 'express', 'express-no-replay', 0.95),
  throughput('2MB-16', 'express-no-replay', 'bound-undici', 0.65),
  throughput('50MB-4', 'express-no-replay', 'bound-undici', 0.9),
  ...forOurs((arm) => ({
    title: `throttled: time of ${arm} over the slower leg`,
    ...{ workload: 'throttled', arm, figure: 'overSlowerLeg', most: 1.05 },
  })),
  ...(
    [
      ['memory-50MB', 64],
      ['memory-5MB', 80],
    ] as const
  ).flatMap(([workload, most]) =>
    forOurs((arm) => ({
      title: `${workload}: peak RSS of ${arm} over idle`,
      ...{ workload, arm, figure: 'peakRssMiB', most, unit: 'MiB' },
    })),
  ),
  ...['20KB-16', '100KB-16'].flatMap((workload) => forOurs((arm) => likeMulter(workload, arm))),
  ...['hostile-dashes', 'hostile-boundaries'].flatMap((workload) => forOurs((arm) => hostile(workload, arm))),
  ...forOurs((arm) => ({
    title: `form-8: time of ${arm} over that of one file`,
    ...{ workload: 'form-8', arm, figure: 'p50Ms', against: { workload: 'form-1' }, most: 1.3 },
  })),
];

/** What became of a target; `measured` is absent where this run has not what it needs. */
export interface Verdict {
  readonly title: string;
  readonly target: string;
  readonly unit: string;
  readonly measured?: Spread | undefined;
  readonly met?: boolean | undefined;
}

/** Compares a value with its bounds. */
export function verdictOn(
  { title, most, least, unit = '×' }: Pick<Target, 'title' | 'most' | 'least' | 'unit'>,
  measured: Spread | undefined,
): Verdict {
  const target = most === undefined ? `≥ ${least}` : `≤ ${most}`;
  const met =
    measured && measured.median <= (most ?? Number.POSITIVE_INFINITY) && measured.median >= (least ?? 0);
  return { title, target, unit, measured, met };
}

/** Holds the results against every target. */
export function verdicts(results: readonly Result[]): Verdict[] {
  const valuesOf = ({ workload, arm, figure }: Measured): (number | undefined)[] =>
    results
      .find((result) => result.workload === workload && result.way === arm)
      ?.samples.map((sample) => sample[figure]) ?? [];
  return TARGETS.map((target) => {
    const values = valuesOf(target);
    if (!target.against) return verdictOn(target, spreadOf(values));
    const base = valuesOf({ ...target, ...target.against });
    return verdictOn(target, spreadOf(ratiosOf(values, base)));
  });
}

/** The targets of the package itself. */
export const PACKAGE_TARGETS = {
  importMs: { title: "import('@imgwire/express'), median of ten processes", most: 60, unit: 'ms' },
  packages: { title: 'production packages of @imgwire/express', most: 25, unit: '' },
} as const;
