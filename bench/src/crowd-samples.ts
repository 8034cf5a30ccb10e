import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Crowd, CrowdReport, CrowdTask, Fared } from '../../test/src/support/crowd.ts';
import type { Usage } from './measure.ts';
import type { Processes } from './processes.ts';
import type { SinkTotals } from './sink.ts';
import type { Way } from './ways.ts';

const run = promisify(execFile);
/** The clients of the soak tests. */
const CLIENTS = fileURLToPath(new URL('../../test/src/support/children/crowd-clients.ts', import.meta.url));

/** What one crowd has met. */
export interface CrowdSample {
  /** The fast ones with small files. */
  readonly small: Fared;
  /** The fast ones with large files. */
  readonly large: Fared;
  readonly slow: Fared;
  /** Highest resident memory of the server. */
  readonly rssMiB: number;
}

export const SMALL = { count: 50, bytes: 60_000, ms: 5000 };
export const LARGE = { count: 10, bytes: 5_000_000, ms: 5000 };
const SLOW = { least: 50_000, most: 200_000, atOnce: 4000, ms: 20_000, end: 'in time' } as const;
const FAST_AFTER_MS = 6000;
/** After the slow ones have sent all they have: longer than any arm lets a client wait. */
const GRACE_MS = 120_000;

const NO_SLOW = { ...SLOW, count: 0, ms: 0 };
/** Brings a new server into its steady state: ten times the small files. */
const WARM_UP: Crowd = {
  slow: NO_SLOW,
  fast: [{ ...SMALL, count: 10 * SMALL.count }, LARGE],
  fastAfterMs: 0,
};

/** A connection and a temporary file for each upload, a transfer for some, and what Node itself has open. */
const openFilesFor = (slow: number): number => 2 * (slow + SMALL.count + LARGE.count) + 512;

/** @throws when processes may not have as many files open as the server needs for so many slow clients */
export async function checkOpenFiles(slow: number): Promise<void> {
  // Not of this process: Node raises its own limit as far as it may.
  const limit = (await run('sh', ['-c', 'ulimit -n'])).stdout.trim();
  const needed = openFilesFor(slow);
  if (Number(limit) < needed) {
    throw new Error(
      `${slow} slow clients need ${needed} open files and \`ulimit -n\` is ${limit}: raise it, or pass --slow with fewer`,
    );
  }
}

/**
 * Measures a new server of a way beside so many slow clients.
 *
 * @throws when the crowd has not ended in time, or less is stored than was answered with success
 */
export async function crowdSampleOf(
  { askServer, askSink }: Processes,
  way: Way,
  slow: number,
): Promise<CrowdSample> {
  const { origin: url, pathname: path } = new URL(await askServer<string>(way, { do: 'url' }));
  const meet = (crowd: Crowd): Promise<CrowdReport> => meetCrowd({ url, path, field: 'images', crowd });
  await meet(WARM_UP);
  await askSink({ do: 'reset' });
  await askServer(way, { do: 'begin', what: 'memory' });
  const report = await meet({
    slow: slow === 0 ? NO_SLOW : { ...SLOW, count: slow },
    fast: [SMALL, LARGE],
    fastAfterMs: slow === 0 ? 0 : FAST_AFTER_MS,
  });
  const { wholeRssMiB } = await askServer<Usage>(way, { do: 'end' });
  const [small, large] = report.fast as [Fared, Fared];
  const answered = small.stored + large.stored + report.slow.stored;
  const { puts } = await askSink<SinkTotals>({ do: 'totals' });
  if (way.arm.stores !== 'nothing' && puts < answered) {
    throw new Error(`${way.name}, ${slow} slow clients: ${answered} answers of success, ${puts} stored`);
  }
  return { small, large, slow: report.slow, rssMiB: wholeRssMiB };
}

async function meetCrowd(task: CrowdTask): Promise<CrowdReport> {
  const args = ['--import', 'tsx', CLIENTS, JSON.stringify(task)];
  const { stdout } = await run(process.execPath, args, { timeout: task.crowd.slow.ms + GRACE_MS });
  return JSON.parse(stdout) as CrowdReport;
}
