// What a client waits for behind a line: `npm run bench:line`, with `-- --write` for its part of the README.
import { parseArgs } from 'node:util';
import { ARMS } from './arms.ts';
import { build, buildProcesses, commitOf } from './build.ts';
import { median } from './figures.ts';
import { checkLine, type OpenLine } from './line-check.ts';
import type { LineQuestion } from './line-proxy.ts';
import type { Distance } from './line-relay.ts';
import {
  LINE_STATES,
  LINE_WORKLOADS,
  type LineBench,
  type LineResult,
  lineRound,
  ROUND_TRIP_MS,
  warmUpLine,
} from './line-samples.ts';
import { type LineRun, lineTable, toLinePart, toPromise } from './line-table.ts';
import { writePart } from './pages.ts';
import { pick } from './pick.ts';
import { startProcesses } from './processes.ts';
import { toText } from './table.ts';
import { waysOf } from './ways.ts';
import { startWorker } from './worker.ts';

const { values: flags } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    arms: { type: 'string', default: 'express,multer-undici' },
    sizes: { type: 'string' },
    states: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    before: { type: 'string' },
    'slow-start': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const distance: Distance = { roundTripMs: ROUND_TRIP_MS, slowStart: flags['slow-start'] };
const ways = waysOf(pick(ARMS, flags.arms), flags.before !== undefined);
const workloads = pick(LINE_WORKLOADS, flags.sizes);
const states = pick(
  LINE_STATES.map((name) => ({ name })),
  flags.states,
);
const rounds = Number(flags.rounds);

async function measureAll(bench: LineBench): Promise<LineResult[]> {
  const results: LineResult[] = [];
  for (const workload of workloads) {
    await warmUpLine(bench, ways, workload);
    for (const { name: state } of states) {
      const waits: number[][] = [];
      for (let round = 0; round < rounds; round++) {
        waits.push(await lineRound(bench, ways, workload, state));
      }
      const found = ways.map((way, at) => ({
        workload,
        state,
        way,
        waits: waits.map((of) => of[at] ?? NaN),
      }));
      console.log(
        `${workload.title}, ${state}: ${found.map(({ waits: of }) => median(of).toFixed(0)).join(', ')}`,
      );
      results.push(...found);
    }
  }
  return results;
}

async function measureOver(open: OpenLine): Promise<LineResult[]> {
  const processes = await startProcesses({}, open);
  try {
    return await measureAll({ processes, storageUrl: await open(processes.sinkUrl) });
  } finally {
    await processes.end();
  }
}

async function writeParts(results: readonly LineResult[], run: LineRun): Promise<void> {
  const inBench = (path: string): URL => new URL(`../${path}`, import.meta.url);
  await writePart(
    inBench('README.md'),
    run.slowStart ? 'line, slow start' : 'line',
    toLinePart(results, run),
  );
  // There only where the page has the marks.
  if (!run.slowStart) await writePart(inBench('../README.md'), 'line', toPromise(results, run));
}

await (flags.check ? buildProcesses() : build(flags.before));
const before = flags.before === undefined ? undefined : await commitOf(flags.before);
const line = await startWorker('line-proxy');
const open: OpenLine = (target) => line.ask({ do: 'open', target, distance } satisfies LineQuestion);
try {
  console.log(toText(await checkLine(open, distance)));
  if (!flags.check) {
    const results = await measureOver(open);
    const run = { rounds, slowStart: distance.slowStart, before };
    console.log(`\n${toText(lineTable(results, run))}`);
    if (flags.write) await writeParts(results, run);
  }
} finally {
  await line.end();
}
