import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ARMS, SDK_MODULE } from './arms.ts';
import { type Bench, type Effort, openBench, type Result, type Way } from './bench-run.ts';
import { build, importTimes, productionPackages } from './build.ts';
import { spreadOf } from './figures.ts';
import { headlineChart, THEME_NAMES } from './headline-chart.ts';
import { MACHINE, writePart } from './pages.ts';
import { type Report, toPage, toReadmePart, toResultsPage, toSweepPart } from './report.ts';
import { SWEEPS } from './sweeps.ts';
import { toText, verdictTable, workloadTable } from './table.ts';
import { PACKAGE_TARGETS, verdictOn, verdicts } from './targets.ts';
import { WORKLOADS, type Workload } from './workloads.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    workloads: { type: 'string' },
    arms: { type: 'string' },
    rounds: { type: 'string' },
    sweep: { type: 'string' },
    profile: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const FULL: Effort = { rounds: 5, ms: 2000, warmUpMs: 4000, mostRequests: 1000 };
/** Only whether it all runs. */
const QUICK: Effort = { rounds: 1, ms: 0, warmUpMs: 0, mostRequests: 2 };
const QUICK_FILE_BYTES = 1_000_000;

/** @throws for a name that there is not */
function pick<T extends { readonly name: string }>(known: readonly T[], names: string | undefined): T[] {
  return (
    names?.split(',').map((name) => {
      const found = known.find((item) => item.name === name);
      if (!found)
        throw new Error(`There is no ${name}; there are ${known.map((item) => item.name).join(', ')}`);
      return found;
    }) ?? [...known]
  );
}

function planOf(): { workloads: Workload[]; ways: Way[] } {
  const sweep = flags.sweep === undefined ? undefined : SWEEPS[flags.sweep];
  if (flags.sweep !== undefined && !sweep) {
    throw new Error(`There is no sweep ${flags.sweep}; there are ${Object.keys(SWEEPS).join(', ')}`);
  }
  const arms = pick(ARMS, flags.arms ?? sweep?.arms.join(','));
  const workloads = pick(WORKLOADS, flags.workloads ?? sweep?.workloads.join(','));
  const ways = arms.flatMap((arm): Way[] =>
    sweep
      ? sweep.values.map((value) => ({
          ...{ name: `${arm.name} ${value}`, arm },
          ...(sweep.of === 'option'
            ? { options: { [String(flags.sweep)]: value } }
            : { constant: `${flags.sweep}=${value}` }),
        }))
      : [{ name: arm.name, arm }],
  );
  return { workloads, ways };
}

const quick = ({ memory: _, ...workload }: Workload): Workload => ({
  ...workload,
  fileBytes: Math.min(workload.fileBytes, QUICK_FILE_BYTES),
  atOnce: Math.min(workload.atOnce, QUICK.mostRequests),
});

async function runAll(bench: Bench, workloads: readonly Workload[], ways: readonly Way[]): Promise<Result[]> {
  const effort = flags.quick ? QUICK : { ...FULL, rounds: Number(flags.rounds ?? FULL.rounds) };
  const results: Result[] = [];
  for (const workload of workloads) {
    const found = await bench.run(flags.quick ? quick(workload) : workload, ways, effort);
    console.log(`\n${workload.title} (${workload.name})\n${toText(workloadTable(found))}`);
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
    rounds: flags.quick ? QUICK.rounds : Number(flags.rounds ?? FULL.rounds),
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
await build();
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
