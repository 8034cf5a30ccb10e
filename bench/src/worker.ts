import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process that answers one question at a time. */
export interface Worker {
  /** Sends a question and waits for its answer. Rejects when the process ends first. */
  ask<Answer>(question: object): Promise<Answer>;
  end(): Promise<void>;
}

/** Starts a built process of the benchmark and waits until it is ready. */
export async function startWorker(
  script: string,
  args: readonly string[] = [],
  execArgv: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Worker> {
  const path = fileURLToPath(new URL(`../dist/${script}.mjs`, import.meta.url));
  const child = fork(path, args, { execArgv: [...execArgv], env: { ...process.env, ...env } });
  const worker: Worker = {
    ask: (question) => ask(child, question, `${script} ${args.join(' ')}`),
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
  await worker.ask({ do: 'ready' });
  return worker;
}

interface Reply {
  readonly answer?: unknown;
  readonly error?: string;
}

function ask<Answer>(child: ChildProcess, question: object, name: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      child.off('message', onReply).off('exit', onExit);
    };
    const onReply = ({ answer, error }: Reply): void => {
      settle();
      if (error === undefined) resolve(answer as Answer);
      else reject(new Error(`${name}: ${error}`));
    };
    const onExit = (code: number | null): void => {
      settle();
      reject(new Error(`${name}: ended with ${code}`));
    };
    child.once('message', onReply).once('exit', onExit);
    child.send(question);
  });
}

/** The other side: answers the questions that come by name, and ends with its parent. */
export function answerQuestions<Question extends { readonly do: string }>(
  answers: {
    readonly [Name in Question['do']]: (question: Extract<Question, { do: Name }>) => unknown;
  },
): void {
  const reply = (message: Reply): void => void process.send?.(message);
  const table: Readonly<Record<string, (question: never) => unknown>> = { ready: () => true, ...answers };
  process.on('message', (question: Question) => {
    Promise.resolve(question as never)
      .then(table[question.do])
      .then(
        (answer) => reply({ answer }),
        (error: unknown) =>
          reply({ error: error instanceof Error ? (error.stack ?? error.message) : `${error}` }),
      );
  });
  process.once('disconnect', () => process.exit());
}

/** Monotonic milliseconds that mean the same in every process of this machine. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
