import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { run } from '../nest/nest-project.ts';
import { freePort } from '../support/free-port.ts';
import type { Platform } from './platforms.ts';

/** Installs a platform and the tarballs in a folder of its own, and builds it, without a key in the environment. */
export async function createProject(
  { packages, files, build }: Platform,
  tarballs: ReadonlyMap<string, string>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'imgwire-web-'));
  const dependencies = { ...Object.fromEntries(tarballs), ...packages };
  const manifest = { private: true, type: 'module', dependencies };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline');
  if (build) {
    const [program = '', ...args] = build;
    await run(folder, pathOf(folder, program), ...args);
  }
  return folder;
}

const pathOf = (folder: string, program: string): string =>
  program === 'node' ? process.execPath : join(folder, 'node_modules/.bin', program);

/** A platform that listens. */
export interface Running {
  readonly url: string;
  /** What it has printed. */
  readonly printed: () => string;
  close(): Promise<void>;
}

/** Starts a platform, and waits until it answers. */
export async function startProject(
  { start: [program = '', ...args], env }: Platform,
  folder: string,
  connection: { readonly apiKey: string; readonly url: string },
): Promise<Running> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(pathOf(folder, program), args, {
    cwd: folder,
    env: {
      ...{ PATH, HOME, NO_COLOR: '1', NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production', PORT: port },
      ...{ IMGWIRE_API_KEY: connection.apiKey, IMGWIRE_API_BASE_URL: connection.url },
      ...env?.(url),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Some start the server as a process of their own.
    detached: true,
  });
  const exit = once(child, 'exit');
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => output.push(String(text)));
  const printed = (): string => output.join('');
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}\n${printed()}`);
    await setTimeout(50);
  }
  return {
    url,
    printed,
    close: async () => {
      process.kill(-Number(child.pid), 'SIGKILL');
      await exit;
    },
  };
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
