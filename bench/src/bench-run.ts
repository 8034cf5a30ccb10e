import type { Arm } from './arms.ts';
import type { ClientQuestion, ClientRun, Expected } from './client.ts';
import { median, quantile, type Sample } from './figures.ts';
import type { Usage } from './measure.ts';
import type { ServerQuestion } from './server.ts';
import type { SinkQuestion, SinkTotals } from './sink.ts';
import { startWorker, type Worker } from './worker.ts';
import type { Workload } from './workloads.ts';

/** An arm with options of its own: the same arm can run in several ways. */
export interface Way {
  readonly name: string;
  readonly arm: Arm;
  readonly options?: object;
  /** A constant of core that is replaced, `NAME=value`. */
  readonly constant?: string;
}

/** How long to send. */
export interface Effort {
  readonly rounds: number;
  /** Of a round of a workload that names no number of requests, milliseconds. */
  readonly ms: number;
  readonly warmUpMs: number;
  /** Caps the number of requests that a workload asks for in a round. */
  readonly mostRequests: number;
}

/** What an arm did in each round of a workload. */
export interface Result {
  readonly workload: string;
  readonly way: string;
  readonly samples: readonly Sample[];
}

const MIB = 1024 * 1024;

/** The processes of a benchmark. */
export interface Bench {
  /** Runs a workload over all ways, in turn, round by round. @throws when an answer or the stored bytes are wrong */
  run(workload: Workload, ways: readonly Way[], effort: Effort): Promise<Result[]>;
  end(): Promise<void>;
}

/**
 * Starts client and sink; the servers follow when they are needed.
 *
 * @param env for the servers, beside this process's own
 */
export async function openBench(env: NodeJS.ProcessEnv = {}): Promise<Bench> {
  const [client, sink] = await Promise.all([startWorker('client'), startWorker('sink')]);
  const askClient = <T>(question: ClientQuestion): Promise<T> => client.ask<T>(question);
  const askSink = <T>(question: SinkQuestion): Promise<T> => sink.ask<T>(question);
  const sinkUrl = await askSink<string>({ do: 'url' });
  const servers = new Map<string, Worker>();

  const serverOf = async ({ name, arm, options = {}, constant }: Way): Promise<Worker> => {
    const server =
      servers.get(name) ??
      (await startWorker(
        'server',
        [arm.name, sinkUrl, JSON.stringify(options)],
        ['--expose-gc'],
        constant === undefined ? env : { ...env, BENCH_CONSTANT: constant },
      ));
    servers.set(name, server);
    return server;
  };
  const endServers = async (): Promise<void> => {
    await Promise.all([...servers.values()].map((server) => server.end()));
    servers.clear();
  };

  /** Sends once through an arm, and compares what came with what was sent. */
  const sendThrough = async (way: Way, workload: Workload, ms: number, atLeast: number, verify: boolean) => {
    const server = await serverOf(way);
    const askServer = <T>(question: ServerQuestion): Promise<T> => server.ask<T>(question);
    const url = await askServer<string>({ do: 'url' });
    const { line, putLatencyMs } = workload;
    await askSink({ do: 'reset', line, putLatencyMs, verify });
    await askServer({ do: 'begin', collect: workload.memory !== undefined });
    const sent = await askClient<ClientRun>({ do: 'run', workload, url, ms, atLeast }).catch(
      (error: unknown) => {
        throw new Error(`${way.name}, ${workload.name}: ${error instanceof Error ? error.message : error}`);
      },
    );
    const usage = await askServer<Usage>({ do: 'end' });
    const totals = await askSink<SinkTotals>({ do: 'totals' });
    const expected = await askClient<Expected>({ do: 'expected', workload });
    checkStored(way, workload, sent, totals, expected, verify);
    return { sent, usage, totals };
  };

  const sampleOf = async (way: Way, workload: Workload, effort: Effort): Promise<Sample> => {
    const { ms, mostRequests } = effort;
    const requests = Math.min(mostRequests, workload.requests ?? workload.atOnce);
    const legs = workload.line ? await askLegs(workload) : undefined;
    const { sent, usage, totals } = await sendThrough(
      way,
      workload,
      workload.requests ? 0 : ms,
      requests,
      false,
    );
    const bytes = sent.requests * workload.fileBytes * (workload.files ?? 1);
    const p50Ms = median(sent.latenciesMs);
    return {
      mibPerSecond: bytes / MIB / (sent.wallMs / 1000),
      requestsPerSecond: sent.requests / (sent.wallMs / 1000),
      p50Ms,
      p99Ms: quantile(sent.latenciesMs, 0.99),
      cpuMsPerGiB: usage.cpuMs / (bytes / (1024 * MIB)),
      cpuMsPerRequest: usage.cpuMs / sent.requests,
      peakRssMiB: usage.peakRssMiB,
      stallMs: usage.stallMs,
      firstByteMs:
        workload.atOnce === 1 && !workload.files
          ? median(sent.begun.map((at, i) => (totals.firstBytes[i] ?? Number.NaN) - at))
          : undefined,
      overSlowerLeg: legs && p50Ms / Math.max(...legs),
    };
  };

  const askLegs = async (workload: Workload): Promise<number[]> => {
    await askSink({ do: 'reset', line: workload.line });
    return askClient<number[]>({ do: 'legs', workload, sink: sinkUrl });
  };

  return {
    run: async (workload, ways, effort) => {
      const fit = ways.filter(({ arm }) => !(arm.buffers && workload.memory === 'streaming arms'));
      const samples = new Map(fit.map((way) => [way.name, [] as Sample[]]));
      const warmUp = async (way: Way): Promise<void> => {
        const warm = { ...workload, atOnce: Math.min(workload.atOnce, 4) };
        await sendThrough(way, warm, workload.line || workload.requests ? 0 : effort.warmUpMs, 1, true);
      };
      if (!workload.memory) for (const way of fit) await warmUp(way);
      for (let round = 0; round < effort.rounds; round++) {
        for (const way of fit) {
          // Memory that a process once had it may keep: its next peak would not be seen above that.
          if (workload.memory) {
            await endServers();
            await warmUp(way);
          }
          samples.get(way.name)?.push(await sampleOf(way, workload, effort));
        }
      }
      if (workload.memory) await endServers();
      return [...samples].map(([way, known]) => ({ workload: workload.name, way, samples: known }));
    },
    end: async () => {
      await endServers();
      await Promise.all([client.end(), sink.end()]);
    },
  };
}

/** @throws when the store got other bytes, or fewer or more of them, than were sent */
function checkStored(
  { name, arm }: Way,
  workload: Workload,
  sent: ClientRun,
  totals: SinkTotals,
  expected: Expected,
  verify: boolean,
): void {
  const asForm = arm.stores === 'form';
  const puts = sent.requests * (asForm ? 1 : (workload.files ?? 1));
  const bytes = puts * (asForm ? expected.formBytes : expected.fileBytes);
  const where = `${name}, ${workload.name}`;
  if (totals.puts !== puts || totals.bytes !== bytes) {
    throw new Error(
      `${where}: stored ${totals.puts} objects of ${totals.bytes} bytes, not ${puts} of ${bytes}`,
    );
  }
  const right = asForm ? expected.formSha256 : expected.fileSha256;
  if (verify && totals.digests.some((digest) => digest !== right)) {
    throw new Error(`${where}: stored other bytes than were sent`);
  }
}
