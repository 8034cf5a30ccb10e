import type { Arm } from './arms.ts';
import type { FigureName } from './figures.ts';
import type { Line } from './pacing.ts';

/** What fills a file behind its JPEG header. */
export type Filling = 'random' | 'dashes' | 'boundaries';

/** What is sent, how often and how. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  /** Of each file, bytes. */
  readonly fileBytes: number;
  /** Files in a form. @default 1 */
  readonly files?: number;
  /** Whether a text field comes behind the last file, too. @default false */
  readonly textBehind?: boolean;
  /** @default 'random' */
  readonly filling?: Filling;
  /** Requests in flight. */
  readonly atOnce: number;
  /** Requests in all, where not as many as fit into the time of a round. */
  readonly requests?: number;
  /** Both legs. */
  readonly line?: Line;
  /** Wait of the store before it answers a PUT, milliseconds. */
  readonly putLatencyMs?: number;
  /**
   * Whether each round has processes of its own: for memory, since what a process once had it may keep, and for large files,
   * since how often its collector marks the heap is decided early in the life of a process. @default false
   */
  readonly fresh?: boolean;
  /** Memory is measured, where the arms that hold whole files may be left out. */
  readonly memory?: 'every arm' | 'streaming arms';
  /** Whether objects are counted instead of time. @default false */
  readonly counted?: boolean;
  /** Uploads of slow clients that are in flight meanwhile, each up to the middle of its file. @default 0 */
  readonly held?: number;
  /** The arms that it is about, by name. @default all */
  readonly arms?: readonly string[];
  /** What the report draws. */
  readonly charts: readonly FigureName[];
}

const KB = 1000;
const MB = 1000 * KB;

const small = (size: string, fileBytes: number, crowds = [1, 16, 128]): Workload[] =>
  crowds.map((atOnce) => ({
    name: `${size}-${atOnce}`,
    title: `${size.replace(/(\d+)/, '$1 ')} files, ${atOnce} at once`,
    fileBytes,
    atOnce,
    charts: ['requestsPerSecond', 'p99Ms', 'cpuMsPerRequest'],
  }));

const large = (size: string, fileBytes: number, atOnce: number): Workload => ({
  name: `${size}-${atOnce}`,
  title: `${size.replace(/(\d+)/, '$1 ')} files, ${atOnce} at once`,
  fileBytes,
  atOnce,
  fresh: true,
  charts: ['mibPerSecond', 'cpuMsPerGiB', 'p99Ms'],
});

/** Those whose requests are looked at one by one. */
const LOOKED_AT = ['http-receiver', 'http-receive', 'http-multer-undici', 'express', 'multer-undici'];

const hostile = (filling: Filling, title: string): Workload => ({
  name: `hostile-${filling}`,
  title: `16 MiB ${title}`,
  fileBytes: 16 * 1024 * 1024,
  filling,
  atOnce: 1,
  requests: 4,
  charts: ['p50Ms', 'stallMs'],
});

const form = (files: number): Workload => ({
  name: `form-${files}`,
  title: `${files} files of 100 KB in a form, each PUT answered after 100 ms`,
  fileBytes: 100 * KB,
  files,
  atOnce: 1,
  requests: 5,
  putLatencyMs: 100,
  charts: ['p50Ms'],
});

/** Everything that is measured over HTTP. */
export const WORKLOADS: readonly Workload[] = [
  ...small('20KB', 20 * KB),
  ...small('100KB', 100 * KB),
  // Within the read-ahead, and of several chunks.
  ...small('200KB', 200 * KB, [16]),
  ...[1, 16, 128].map((atOnce) => large('2MB', 2 * MB, atOnce)),
  ...[1, 4].map((atOnce) => large('50MB', 50 * MB, atOnce)),
  {
    name: 'memory-5MB',
    title: 'Memory: 64 files of 5 MB at once',
    ...{ fileBytes: 5 * MB, atOnce: 64, requests: 64 },
    ...{ fresh: true, memory: 'every arm' },
    charts: ['peakRssMiB'],
  },
  {
    name: 'memory-50MB',
    title: 'Memory: 64 files of 50 MB at once',
    ...{ fileBytes: 50 * MB, atOnce: 64, requests: 64 },
    ...{ fresh: true, memory: 'streaming arms' },
    charts: ['peakRssMiB'],
  },
  {
    name: 'memory-5MB-text',
    title: 'Memory: 64 files of 5 MB at once, each with a text field behind it',
    ...{ fileBytes: 5 * MB, textBehind: true, atOnce: 64, requests: 64 },
    // Without a copy such a file is rejected.
    ...{ fresh: true, memory: 'every arm', arms: ['express', 'multer-memory', 'multer-undici'] },
    charts: ['peakRssMiB'],
  },
  {
    name: 'memory-5x20MB',
    title: 'Memory: 16 forms of 5 files of 20 MB at once',
    ...{ fileBytes: 20 * MB, files: 5, atOnce: 16, requests: 16 },
    ...{ fresh: true, memory: 'streaming arms', arms: ['express', 'multer-disk'] },
    charts: ['peakRssMiB'],
  },
  form(1),
  form(8),
  hostile('random', 'of random bytes'),
  hostile('dashes', 'of CRLF and two dashes'),
  hostile('boundaries', 'of almost the boundary'),
  {
    name: 'throttled',
    title: '10 MB over two lines of 20 MB/s and 50 ms',
    ...{ fileBytes: 10 * MB, atOnce: 1, requests: 2 },
    line: { bytesPerSecond: 20 * MB, latencyMs: 50 },
    charts: ['overSlowerLeg', 'firstByteMs'],
  },
  {
    name: 'objects-20KB',
    title: 'Objects of a request: 20 KB files, 16 at once',
    ...{ fileBytes: 20 * KB, atOnce: 16, requests: 1000, counted: true, arms: LOOKED_AT },
    charts: ['promises', 'controllers', 'allocatedKb', 'keptKb'],
  },
  {
    name: 'held-20KB',
    title: '20 KB files, 16 at once, beside 9,984 uploads of slow clients',
    ...{ fileBytes: 20 * KB, atOnce: 16, held: 9_984, arms: LOOKED_AT },
    charts: ['cpuMsPerRequest', 'overFewCpu'],
  },
];

/** Whether an arm has its turn in a workload. */
export const takesPart = (
  { name, buffers, takes }: Arm,
  { arms, memory, files = 1, textBehind }: Workload,
): boolean =>
  (arms?.includes(name) ?? true) &&
  !(buffers && memory === 'streaming arms') &&
  !(takes === 'file' && (files > 1 || textBehind));
