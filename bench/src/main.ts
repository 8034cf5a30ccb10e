import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ARMS, SDK_MODULE } from './arms.ts';
import { type Bench, openBench, type Result } from './bench-run.ts';
import { build, importTimes, productionPackages } from './build.ts';
import { spreadOf } from './figures.ts';
import { headlineChart, THEME_NAMES } from './headline-chart.ts';
import { MACHINE, writePart } from './pages.ts';
import { pairTable } from './pairs.ts';
import { pick } from './pick.ts';
import { quickly } from './quick.ts';
import { type Report, toPage, toReadmePart, toResultsPage, toSweepPart } from './report.ts';
import type { Effort } from './samples.ts';
import { SWEEPS } from './sweeps.ts';
import { toText, verdictTable, workloadTable } from './table.ts';
import { PACKAGE_TARGETS, verdictOn, verdicts } from './targets.ts';
import { type Way, waysOf, waysOfSweep } from './ways.ts';
import { takesPart, WORKLOADS, type Workload } from './workloads.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    workloads: { type: 'string' },
    arms: { type: 'string' },
    rounds: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    before: { type: 'string' },
    sweep: { type: 'string' },
    profile: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const EFFORT: Effort = flags.quick
  ? // Only whether it all runs.
    { rounds: 1, ms: 0, mostWarmUps: 1, mostRequests: 2 }
  : { rounds: Number(flags.rounds ?? 5), ms: 2000, mostWarmUps: 5000, mostRequests: 1000 };

function planOf(): { workloads: readonly Workload[]; ways: Way[] } {
  const sweep = flags.sweep === undefined ? undefined : SWEEPS[flags.sweep];
  if (flags.sweep !== undefined && !sweep) {
    throw new Error(`There is no sweep ${flags.sweep}; there are ${Object.keys(SWEEPS).join(', ')}`);
  }
  const arms = pick(ARMS, flags.arms ?? sweep?.arms.join(','));
  const picked = pick(WORKLOADS, flags.workloads ?? sweep?.workloads.join(','));
  const workloads = picked.map((workload) => (flags.fresh ? { ...workload, fresh: true } : workload));
  return {
    workloads: flags.quick ? quickly(workloads, EFFORT.mostRequests) : workloads,
    ways: sweep ? waysOfSweep(arms, String(flags.sweep), sweep) : waysOf(arms, flags.before !== undefined),
  };
}

async function runAll(bench: Bench, workloads: readonly Workload[], ways: readonly Way[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const workload of workloads) {
    if (!ways.some(({ arm }) => takesPart(arm, workload))) continue;
    const found = await bench.run(workload, ways, EFFORT);
    const tables = [workloadTable(found), pairTable(found, workload.charts)].filter(
      ({ length }) => length > 0,
    );
    console.log(`\n${workload.title} (${workload.name})\n${tables.map(toText).join('\n\n')}`);
    results.push(...found);
  }
  return results;
}

async function reportOf(results: readonly Result[]): Promise<Report> {
  const importMs = await importTimes(flags.quick ? 2 : 10);
  const packages = await productionPackages();
  return {
    date: new Date().toISOString(),
    machine: MACHINE,
    rounds: EFFORT.rounds,
    importMs,
    packages,
    results,
    verdicts: [
      ...verdicts(results),
      verdictOn(PACKAGE_TARGETS.importMs, spreadOf(importMs)),
      verdictOn(PACKAGE_TARGETS.packages, spreadOf([packages.length])),
    ],
  };
}

const inBench = (name: string): URL => new URL(`../${name}`, import.meta.url);

/** The table and the chart of the README, and the page of all results. */
async function writePages(report: Report): Promise<void> {
  await writePart(inBench('README.md'), 'headline', toReadmePart(report));
  await writeFile(inBench('results.md'), toResultsPage(report, WORKLOADS));
  for (const theme of THEME_NAMES) {
    await writeFile(inBench(`throughput-${theme}.svg`), headlineChart(report.results, theme));
  }
}

const { workloads, ways } = planOf();
if (!SDK_MODULE) console.log('The arm sdk is left out: IMGWIRE_NODE_SDK names no module.');
await build(flags.before);
const profiles = fileURLToPath(inBench('profiles'));
if (flags.profile) await mkdir(profiles, { recursive: true });
const bench = await openBench(flags.profile ? { BENCH_PROFILES: profiles } : {});
const results = await runAll(bench, workloads, ways).finally(() => void bench.end());
if (flags.sweep !== undefined) {
  if (flags.write)
    await writePart(inBench('sweeps.md'), `sweep ${flags.sweep}`, toSweepPart(results, workloads));
} else {
  const report = await reportOf(results);
  console.log(`\n${toText(verdictTable(report.verdicts))}`);
  await writeFile(inBench('results.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(inBench('report.html'), toPage(report, WORKLOADS));
  if (flags.write && !flags.quick) await writePages(report);
  console.log('\nbench/report.html and bench/results.json are written.');
}
