import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BENCH = fileURLToPath(new URL('..', import.meta.url));
const ROOT = join(BENCH, '..');
/** Where Node looks for packages first when `bench/dist` imports them. */
const INSTALLED = join(BENCH, 'dist/node_modules');
const PACKAGES = ['core', 'express', 'nestjs'];

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly publishConfig?: object;
}

/**
 * Builds the packages and lays them out as npm would install them, then builds the processes of the benchmark: measured
 * is what users get, not the sources through a loader.
 */
export async function build(): Promise<void> {
  await rm(join(BENCH, 'dist'), { recursive: true, force: true });
  await runScript(ROOT, 'tsdown', []);
  await Promise.all(PACKAGES.map(install));
  await runScript(BENCH, 'tsdown', []);
}

/** Runs a command of the workspace's root. */
async function runScript(cwd: string, command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(join(ROOT, 'node_modules/.bin', command), [...args], {
    cwd,
    maxBuffer: 2 ** 26,
  });
  return stdout;
}

/** Puts in what pnpm puts in when it packs, and links the dependencies; peers are found further up. */
async function install(name: string): Promise<void> {
  const from = join(ROOT, 'packages', name);
  const to = join(INSTALLED, '@imgwire', name);
  const manifest = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as Manifest;
  await cp(join(from, 'dist'), join(to, 'dist'), { recursive: true });
  await writeFile(join(to, 'package.json'), JSON.stringify({ ...manifest, ...manifest.publishConfig }));
  const foreign = Object.keys(manifest.dependencies ?? {}).filter((known) => !known.startsWith('@imgwire/'));
  for (const dependency of foreign) {
    const link = join(to, 'node_modules', dependency);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(from, 'node_modules', dependency), link);
  }
}

/** The packages that `npm install @imgwire/express` would bring, itself included; without peers. */
export async function productionPackages(): Promise<string[]> {
  const args = ['--filter', '@imgwire/express', 'list', '--prod', '--depth', 'Infinity', '--json'];
  const tree = JSON.parse(await runScript(ROOT, 'pnpm', args)) as readonly Dependency[];
  const found = new Set<string>();
  const visit = (name: string, { version, dependencies = {} }: Dependency): void => {
    found.add(`${name}@${version}`);
    for (const [child, dependency] of Object.entries(dependencies)) visit(child, dependency);
  };
  for (const root of tree) visit('@imgwire/express', root);
  return [...found];
}

interface Dependency {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, Dependency>>;
}

/** Milliseconds of `import('@imgwire/express')`, each in a process of its own. */
export async function importTimes(times: number): Promise<number[]> {
  const script = `const start = performance.now();
    await import('@imgwire/express');
    console.log(performance.now() - start);`;
  const path = join(BENCH, 'dist/import.mjs');
  await writeFile(path, script);
  const measured: number[] = [];
  for (let i = 0; i < times; i++) measured.push(Number((await run(process.execPath, [path])).stdout));
  return measured;
}
