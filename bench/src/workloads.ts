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
  /** Memory is measured: in a process of its own, where the arms that hold whole files may be left out. */
  readonly memory?: 'every arm' | 'streaming arms';
  /** What the report draws. */
  readonly charts: readonly FigureName[];
}

const KB = 1000;
const MB = 1000 * KB;

const small = (size: string, fileBytes: number): Workload[] =>
  [1, 16, 128].map((atOnce) => ({
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
  charts: ['mibPerSecond', 'cpuMsPerGiB', 'p99Ms'],
});

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
  ...[1, 16, 128].map((atOnce) => large('2MB', 2 * MB, atOnce)),
  ...[1, 4].map((atOnce) => large('50MB', 50 * MB, atOnce)),
  {
    name: 'memory-5MB',
    title: 'Memory: 64 files of 5 MB at once',
    ...{ fileBytes: 5 * MB, atOnce: 64, requests: 64 },
    memory: 'every arm',
    charts: ['peakRssMiB'],
  },
  {
    name: 'memory-50MB',
    title: 'Memory: 64 files of 50 MB at once',
    ...{ fileBytes: 50 * MB, atOnce: 64, requests: 64 },
    memory: 'streaming arms',
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
];
