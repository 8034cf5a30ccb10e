import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BENCH = fileURLToPath(new URL('..', import.meta.url));
const ROOT = join(BENCH, '..');
const DIST = join(BENCH, 'dist');
/** The processes once more, beside the packages of the checkout to compare with: `before/server` of `startWorker`. */
const BEFORE = join(DIST, 'before');
const PACKAGES = ['core', 'express', 'nestjs'];

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly publishConfig?: object;
}

/**
 * Builds the packages and lays them out as npm would install them, then builds the processes of the benchmark: measured
 * is what users get, not the sources through a loader.
 *
 * @param before another checkout, after its own `npm run setup`, to compare with
 */
export async function build(before?: string): Promise<void> {
  await rm(DIST, { recursive: true, force: true });
  await buildPackages(ROOT, DIST);
  if (before !== undefined) await buildPackages(resolve(before), BEFORE);
  await buildProcesses();
  if (before === undefined) return;
  const scripts = (await readdir(DIST)).filter((name) => name.endsWith('.mjs'));
  await Promise.all(scripts.map((name) => cp(join(DIST, name), join(BEFORE, name))));
}

/** Builds only the processes of the benchmark. */
export async function buildProcesses(): Promise<void> {
  await runScript(ROOT, BENCH, 'tsdown', []);
}

/** Builds the packages of a checkout, and puts them where Node looks first when a script in `folder` imports them. */
async function buildPackages(root: string, folder: string): Promise<void> {
  await runScript(root, root, 'tsdown', []);
  await Promise.all(PACKAGES.map((name) => install(join(root, 'packages', name), folder, name)));
}

/** Runs a command of a workspace's root. */
async function runScript(
  root: string,
  cwd: string,
  command: string,
  args: readonly string[],
): Promise<string> {
  const { stdout } = await run(join(root, 'node_modules/.bin', command), [...args], {
    cwd,
    maxBuffer: 2 ** 26,
  });
  return stdout;
}

/** Puts in what pnpm puts in when it packs, and links the dependencies; peers are found further up. */
async function install(from: string, folder: string, name: string): Promise<void> {
  const to = join(folder, 'node_modules/@imgwire', name);
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

/** The commit of a checkout, as Git shortens it. */
export async function commitOf(checkout: string): Promise<string> {
  return (await run('git', ['-C', checkout, 'rev-parse', '--short', 'HEAD'])).stdout.trim();
}

/** The packages that `npm install @imgwire/express` would bring, itself included; without peers. */
export async function productionPackages(): Promise<string[]> {
  const args = ['--filter', '@imgwire/express', 'list', '--prod', '--depth', 'Infinity', '--json'];
  const tree = JSON.parse(await runScript(ROOT, ROOT, 'pnpm', args)) as readonly Dependency[];
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
  const path = join(DIST, 'import.mjs');
  await writeFile(path, script);
  const measured: number[] = [];
  for (let i = 0; i < times; i++) measured.push(Number((await run(process.execPath, [path])).stdout));
  return measured;
}
