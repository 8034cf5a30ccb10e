import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** An example in a process of its own. */
export interface Example {
  /** What it has printed. */
  readonly text: string;
  stop(): Promise<void>;
}

/** The command of a script of the root's package.json, without the `node` at its beginning. */
function argumentsOf(script: string): string[] {
  const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  return (scripts[script] ?? '').split(' ').slice(1);
}

/** Starts an example as its npm script does, on a free port, with an emulator of its own, and waits until it prints something. */
export async function startExample(script: string, printed: RegExp): Promise<Example> {
  const { IMGWIRE_API_KEY: _, IMGWIRE_CLIENT_KEY: __, IMGWIRE_API_BASE_URL: ___, ...env } = process.env;
  const child = spawn(process.execPath, argumentsOf(script), {
    cwd: root,
    env: { ...env, PORT: '0', NO_COLOR: '1', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  let text = '';
  await new Promise<void>((resolve, reject) => {
    // All of it is read, so that the example never waits for a reader.
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (printed.test(text)) resolve();
    });
    child.stdout.on('end', () => reject(new Error(`${script} has ended:\n${text}`)));
  });
  return {
    text,
    stop: async () => {
      child.kill();
      await gone;
    },
  };
}
