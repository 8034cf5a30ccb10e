/** An option of the packages or a constant of core, the values to try, and where it shows. */
export interface Sweep {
  /** A constant is replaced when the server loads the module that it stands in. */
  readonly of: 'option' | 'constant';
  readonly values: readonly number[];
  readonly arms: readonly string[];
  readonly workloads: readonly string[];
}

const KIB = 1024;

const inKib = (...values: number[]): number[] => values.map((value) => value * KIB);

/** By the name of the option or constant. */
export const SWEEPS: Readonly<Record<string, Sweep>> = {
  readAheadBytes: {
    of: 'option',
    values: inKib(64, 128, 256, 512, 1024),
    arms: ['express', 'express-no-replay'],
    workloads: ['100KB-16', '2MB-16', 'memory-5MB', 'throttled'],
  },
  /** Each upload has a connection of its own, so this is the size of the pool. */
  maxConcurrentUploads: {
    of: 'option',
    values: [4, 16, 64, 256],
    arms: ['express'],
    workloads: ['20KB-128', '2MB-128', 'memory-5MB'],
  },
  /** How much memory copies take together before others go to disk. */
  maxReplayBytes: {
    of: 'option',
    values: [0, 16, 24, 32, 48, 64].map((mib) => mib * KIB * KIB),
    arms: ['express'],
    workloads: ['2MB-16', '2MB-128', 'memory-5MB', 'memory-50MB'],
  },
  /** How many segments of the copy are at least written at once: upload/replay/temporary-file.ts. */
  LEAST_TOGETHER: {
    of: 'constant',
    values: [1, 2, 4, 8],
    arms: ['express'],
    workloads: ['50MB-1', '50MB-4', 'memory-50MB'],
  },
  /** How many segments of the copy wait for those that are being written: upload/replay/temporary-file.ts. */
  MOST_WAITING: {
    of: 'constant',
    values: [4, 8, 12, 24],
    arms: ['express'],
    workloads: ['50MB-1', '50MB-4', 'memory-50MB'],
  },
  /** With how many segments in use no copy takes another: upload/replay/temporary-file.ts. */
  MOST_SEGMENTS: {
    of: 'constant',
    values: [1, 16, 32, 64, 128],
    arms: ['express'],
    workloads: ['2MB-16', '50MB-4', '2MB-128', 'memory-50MB'],
  },
};
