import type { Sample } from './figures.ts';
import { startProcesses } from './processes.ts';
import { type Effort, sampleOf, warmUp } from './samples.ts';
import type { Way } from './ways.ts';
import { takesPart, type Workload } from './workloads.ts';

/** What an arm did in each round of a workload. */
export interface Result {
  readonly workload: string;
  readonly way: string;
  readonly samples: readonly Sample[];
}

/** A benchmark whose processes run. */
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
  const processes = await startProcesses(env);
  const { askServer, endServers, end } = processes;
  return {
    run: async (workload, ways, effort) => {
      const { fresh = false } = workload;
      const fit = ways.filter(({ arm }) => takesPart(arm, workload));
      const samples = new Map(fit.map((way) => [way.name, [] as Sample[]]));
      if (!fresh) {
        await Promise.all(fit.map((way) => askServer(way, { do: 'url' })));
        for (const way of fit) await warmUp(processes, way, workload, effort);
      }
      for (let round = 0; round < effort.rounds; round++) {
        for (const way of fit) {
          if (fresh) {
            await endServers();
            await warmUp(processes, way, workload, effort);
          }
          samples.get(way.name)?.push(await sampleOf(processes, way, workload, effort));
        }
      }
      if (fresh) await endServers();
      return [...samples].map(([way, known]) => ({ workload: workload.name, way, samples: known }));
    },
    end,
  };
}
