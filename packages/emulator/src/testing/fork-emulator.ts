import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EmulatorOptions } from '../index.ts';

/** An emulator in a child process. */
export interface ForkedEmulator {
  readonly url: string;
  readonly apiKey: string;
  readonly child: ChildProcess;
  /** Resident memory of the process in bytes, now and at its peak. */
  memory(): Promise<{ now: number; peak: number }>;
  /** Kills it as the system would, and waits until it is gone. */
  kill(): Promise<void>;
}

const script = fileURLToPath(new URL('emulator-child.ts', import.meta.url));

/** Starts an emulator in a child process, after `preload` if there is one, and resolves when it listens. */
export async function forkEmulator(options: EmulatorOptions, preload?: string): Promise<ForkedEmulator> {
  const execArgv = ['tsx', ...(preload ? [preload] : [])].flatMap((module) => ['--import', module]);
  const child = fork(script, [JSON.stringify(options)], { execArgv });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`The emulator has exited with ${code} before it listened.`);
  });
  const [{ url, apiKey }] = (await Promise.race([once(child, 'message'), failed])) as [
    { url: string; apiKey: string },
  ];
  return {
    url,
    apiKey,
    child,
    async memory() {
      child.send('memory');
      const [memory] = (await once(child, 'message')) as [{ now: number; peak: number }];
      return memory;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
