import type { ClientQuestion } from './client.ts';
import type { ServerQuestion } from './server.ts';
import type { SinkQuestion } from './sink.ts';
import type { Way } from './ways.ts';
import { startWorker, type Worker } from './worker.ts';

/** The processes of a benchmark: client, sink, and the servers under test. */
export interface Processes {
  readonly sinkUrl: string;
  askClient<Answer>(question: ClientQuestion): Promise<Answer>;
  askSink<Answer>(question: SinkQuestion): Promise<Answer>;
  /** Asks the server of a way, which is started when it is first needed. */
  askServer<Answer>(way: Way, question: ServerQuestion): Promise<Answer>;
  endServers(): Promise<void>;
  end(): Promise<void>;
}

/**
 * Starts client and sink; the servers follow when they are needed.
 *
 * @param env for the servers, beside this process's own
 * @param toApi the URL by which the servers know the sink. @default its own
 */
export async function startProcesses(
  env: NodeJS.ProcessEnv,
  toApi: (sinkUrl: string) => string | Promise<string> = (sinkUrl) => sinkUrl,
): Promise<Processes> {
  const [client, sink] = await Promise.all([startWorker('client'), startWorker('sink')]);
  const sinkUrl = await sink.ask<string>({ do: 'url' } satisfies SinkQuestion);
  const apiUrl = await toApi(sinkUrl);
  const servers = new Map<string, Worker>();
  const serverOf = async (way: Way): Promise<Worker> => {
    const server = servers.get(way.name) ?? (await startServer(way, apiUrl, env));
    servers.set(way.name, server);
    return server;
  };
  const endServers = async (): Promise<void> => {
    await Promise.all([...servers.values()].map((server) => server.end()));
    servers.clear();
  };
  return {
    sinkUrl,
    askClient: (question) => client.ask(question),
    askSink: (question) => sink.ask(question),
    askServer: async (way, question) => (await serverOf(way)).ask(question),
    endServers,
    end: async () => {
      await endServers();
      await Promise.all([client.end(), sink.end()]);
    },
  };
}

function startServer(way: Way, apiUrl: string, env: NodeJS.ProcessEnv): Promise<Worker> {
  const { arm, options = {}, constant, before, counted } = way;
  return startWorker(
    before ? 'before/server' : 'server',
    [arm.name, apiUrl, JSON.stringify(options)],
    ['--expose-gc'],
    {
      ...env,
      ...(constant !== undefined && { BENCH_CONSTANT: constant }),
      ...(counted && { BENCH_OBJECTS: '1' }),
    },
  );
}
