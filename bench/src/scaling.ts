// Uploads through 1, 2 and 4 processes behind nginx: `npm run bench:scaling`, with `-- --write` for the table of the page.
import { parseArgs } from 'node:util';
import { build } from './build.ts';
import type { ClientQuestion, ClientRun } from './client.ts';
import { spreadOf } from './figures.ts';
import type { Usage } from './measure.ts';
import { type Nginx, startNginx } from './nginx.ts';
import { MACHINE, writePart } from './pages.ts';
import type { ServerQuestion } from './server.ts';
import type { SinkQuestion, SinkTotals } from './sink.ts';
import { type Table, toMarkdown, toText } from './table.ts';
import { startWorker, type Worker } from './worker.ts';
import { WORKLOADS, type Workload } from './workloads.ts';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, write: { type: 'boolean', default: false } },
});

const PROCESSES = [1, 2, 4];
const WORKLOAD_NAMES = ['20KB-16', '2MB-16'];
const ROUND_MS = 2000;
const PAGE = new URL('../../packages/core/docs/scaling.md', import.meta.url);

/** So many processes behind an nginx of their own. */
interface Fleet {
  readonly servers: readonly Worker[];
  readonly nginx: Nginx;
}

/** What one round has found. */
interface Sample {
  readonly requestsPerSecond: number;
  /** Requests for each second of CPU time of the processes, all together. */
  readonly requestsPerCpuSecond: number;
  readonly nginxCpuMsPerRequest: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function startFleet(processes: number, sinkUrl: string): Promise<Fleet> {
  const start = (): Promise<Worker> => startWorker('server', ['express', sinkUrl], ['--expose-gc']);
  const servers = await Promise.all(Array.from({ length: processes }, start));
  const urls = await Promise.all(servers.map((server) => server.ask<string>({ do: 'url' })));
  return { servers, nginx: await startNginx(urls.map((url) => new URL(url).host)) };
}

const all = <T>({ servers }: Fleet, question: ServerQuestion): Promise<T[]> =>
  Promise.all(servers.map((server) => server.ask<T>(question)));

async function sampleOf(fleet: Fleet, workload: Workload, client: Worker, sink: Worker): Promise<Sample> {
  const askSink = <T>(question: SinkQuestion): Promise<T> => sink.ask<T>(question);
  const url = `${fleet.nginx.url}/upload`;
  const run: ClientQuestion = { do: 'run', workload, url, ms: ROUND_MS, atLeast: workload.atOnce };
  await askSink({ do: 'reset' });
  await all(fleet, { do: 'begin', what: 'cpu' });
  const before = await fleet.nginx.cpuMs();
  const { requests, wallMs } = await client.ask<ClientRun>(run);
  const nginxCpuMs = (await fleet.nginx.cpuMs()) - before;
  const cpuMs = (await all<Usage>(fleet, { do: 'end' })).map((usage) => usage.cpuMs);
  const { puts, bytes } = await askSink<SinkTotals>({ do: 'totals' });
  if (puts !== requests || bytes !== requests * workload.fileBytes) {
    throw new Error(`${workload.name}: ${requests} requests have stored ${puts} objects of ${bytes} bytes`);
  }
  return {
    requestsPerSecond: requests / (wallMs / 1000),
    requestsPerCpuSecond: requests / (sum(cpuMs) / 1000),
    nginxCpuMsPerRequest: nginxCpuMs / requests,
  };
}

const HEAD = ['', 'processes', 'requests, 1/s', 'for each CPU second of them', 'CPU of nginx, ms/request'];

function rowOf(workload: Workload, processes: number, samples: readonly Sample[]): string[] {
  const show = (figure: keyof Sample, digits: number): string =>
    (spreadOf(samples.map((sample) => sample[figure]))?.median ?? Number.NaN).toFixed(digits);
  return [
    workload.title,
    String(processes),
    show('requestsPerSecond', 0),
    show('requestsPerCpuSecond', 0),
    show('nginxCpuMsPerRequest', 2),
  ];
}

await build();
const [client, sink] = await Promise.all([startWorker('client'), startWorker('sink')]);
const sinkUrl = await sink.ask<string>({ do: 'url' });
const fleets = await Promise.all(PROCESSES.map((processes) => startFleet(processes, sinkUrl)));
const table: string[][] = [HEAD];
try {
  for (const name of WORKLOAD_NAMES) {
    const workload = WORKLOADS.find((known) => known.name === name);
    if (!workload) throw new Error(`There is no workload ${name}`);
    const samples = fleets.map((): Sample[] => []);
    // The first round warms up.
    for (let round = 0; round <= Number(flags.rounds); round++) {
      for (const [at, fleet] of fleets.entries()) {
        const sample = await sampleOf(fleet, workload, client, sink);
        if (round > 0) samples[at]?.push(sample);
      }
    }
    table.push(...fleets.map(({ servers }, at) => rowOf(workload, servers.length, samples[at] ?? [])));
  }
} finally {
  await Promise.all(
    fleets.flatMap(({ servers, nginx }) => [nginx.end(), ...servers.map((server) => server.end())]),
  );
  await Promise.all([client.end(), sink.end()]);
}
console.log(toText(table satisfies Table));
if (flags.write) {
  const about = `${new Date().toISOString().slice(0, 10)}, ${MACHINE}, ${flags.rounds} rounds. Medians.`;
  await writePart(PAGE, 'scaling', `${toMarkdown(table)}\n\n${about}`);
}
