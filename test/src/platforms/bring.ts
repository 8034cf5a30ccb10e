import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../nest/nest-project.ts';

const PLATFORM = process.platform === 'win32' ? 'win' : process.platform;

/** Where runtimes are installed, and reports of them are written. */
export const cache: string = fileURLToPath(new URL('../../../node_modules/.cache/runtimes', import.meta.url));

/** Installs a package that is a binary for this machine, and answers the path of the binary. */
export async function bring(name: string, range: string, path: string): Promise<string> {
  const folder = join(cache, `${name.replaceAll('/', '-')}-${range}`);
  await mkdir(folder, { recursive: true });
  // npm would install in the nearest folder above that has one.
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${range}`);
  return join(folder, 'node_modules', name, path);
}

/** The path of a Node of that version. */
export const bringNode = (version: string): Promise<string> =>
  bring(`node-${PLATFORM}-${process.arch}`, version, 'bin/node');
