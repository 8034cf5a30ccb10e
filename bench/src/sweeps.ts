/** An option of the packages, the values to try, and where it shows. */
export interface Sweep {
  readonly values: readonly number[];
  readonly arms: readonly string[];
  readonly workloads: readonly string[];
}

const KIB = 1024;

/** By the name of the option. */
export const SWEEPS: Readonly<Record<string, Sweep>> = {
  readAheadBytes: {
    values: [64, 128, 256, 512, 1024].map((kib) => kib * KIB),
    arms: ['express', 'express-no-replay'],
    workloads: ['100KB-16', '2MB-16', '50MB-4', 'memory-5MB', 'throttled'],
  },
  maxConcurrentUploads: {
    values: [4, 16, 64, 256],
    arms: ['express'],
    workloads: ['20KB-128', '2MB-128', 'memory-5MB'],
  },
};
