import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { run } from '../nest/nest-project.ts';
import { bringNode } from '../platforms/bring.ts';
import { freePort } from '../support/free-port.ts';
import type { Platform } from './platform.ts';

/** Installs a platform and the tarballs in a folder of its own, and builds it, without a key in the environment. */
export async function createProject(
  { uses = ['core', 'web'], packages, files, build, node }: Platform,
  tarballs: ReadonlyMap<string, string>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'imgwire-web-'));
  const ours = uses.map((name) => [`@imgwire/${name}`, tarballs.get(`@imgwire/${name}`)]);
  const dependencies = { ...Object.fromEntries(ours), ...packages };
  const manifest = { private: true, type: 'module', dependencies };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline');
  if (build) await run(folder, ...(await commandOf(folder, build, node)));
  return folder;
}

/** A program of a project, and its arguments. With a version of Node, that one runs the program. */
async function commandOf(
  folder: string,
  [program = '', ...args]: readonly string[],
  version?: string,
): Promise<[string, ...string[]]> {
  const node = version ? await bringNode(version) : process.execPath;
  if (program === 'node') return [node, ...args];
  const path = join(folder, 'node_modules/.bin', program);
  return version ? [node, path, ...args] : [path, ...args];
}

/** A platform that listens. */
export interface Running {
  readonly url: string;
  /** What it has printed. */
  readonly printed: () => string;
  close(): Promise<void>;
}

/** Starts a platform, and waits until it answers. */
export async function startProject(
  { start, env, node }: Platform,
  folder: string,
  connection: { readonly apiKey: string; readonly url: string },
): Promise<Running> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { PATH = '', HOME = '' } = process.env;
  const [program, ...args] = await commandOf(folder, start, node);
  const child = spawn(program, args, {
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
