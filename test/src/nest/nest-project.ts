import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Target } from '../support/targets.ts';

/** The module system of a program. */
export type ModuleType = 'commonjs' | 'module';

/** One major version of Nest, and the dependencies of its starter. */
export interface NestVersion {
  readonly nest: number;
  readonly typescript: string;
  readonly fastifyMultipart: string;
  readonly swagger: string;
  /** Module settings of its starter's tsconfig. */
  readonly compilerOptions: Readonly<Record<string, string>>;
  /** The module system that the program of the upload suite is compiled to. */
  readonly programs: readonly ModuleType[];
  /** The module system of the example in Jest. Jest can require ES modules, such as Nest 12, only from Node 24.9. */
  readonly jest: ModuleType;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { PATH = '', HOME = '' } = process.env;
const NO_TELEMETRY = {
  ASTRO_TELEMETRY_DISABLED: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  NUXT_TELEMETRY_DISABLED: '1',
};
const NODE_ENV = { PATH, HOME, NO_COLOR: '1', ...NO_TELEMETRY };

/** Runs a command to completion; if it fails, its output is in the error. */
export async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const ended = promisify(execFile)(command, args, { cwd, env: NODE_ENV, timeout: 600_000 });
  const { stdout, stderr } = await ended.catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${command} ${args.join(' ')}\n${error.stdout}\n${error.stderr}`, { cause: error });
  });
  return stdout + stderr;
}

/** The published packages. */
export type PackageName =
  | 'core'
  | 'express'
  | 'fastify'
  | 'web'
  | 'client'
  | 'nestjs'
  | 'bullmq'
  | 'emulator';

/** Packs packages as they would be published. */
export async function packPackages(names: readonly PackageName[]): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'imgwire-tarballs-'));
  const tarballs = new Map<string, string>();
  for (const name of names) {
    await run(
      join(root, 'packages', name),
      join(root, 'node_modules/.bin/pnpm'),
      'pack',
      '--out',
      join(folder, `${name}.tgz`),
    );
    tarballs.set(`@imgwire/${name}`, `file:${join(folder, `${name}.tgz`)}`);
  }
  return tarballs;
}

/**
 * Installs the tarballs and one version of Nest in a separate folder, with the unchanged gallery example, and the program of
 * the upload suite, compiled as a user would.
 */
export async function createProject(
  version: NestVersion,
  tarballs: ReadonlyMap<string, string>,
  programs: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `nest-${version.nest}-`));
  await copyExample(version, folder, tarballs);
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline');
  for (const type of version.programs) {
    const target = join(folder, type);
    await mkdir(target);
    for (const name of ['nest-app.ts', 'nest-child.ts', 'nest-targets.ts']) {
      await cp(join(root, 'test/src/nest', name), join(target, name));
    }
    for (const [name, source] of Object.entries(programs)) await writeFile(join(target, name), source);
    await writeJson(join(target, 'package.json'), { type });
    await writeJson(join(target, 'tsconfig.json'), {
      compilerOptions: { ...version.compilerOptions, ...COMPILER_OPTIONS },
    });
    await run(folder, process.execPath, 'node_modules/typescript/bin/tsc', '-p', type);
  }
  return folder;
}

const COMPILER_OPTIONS = {
  target: 'es2022',
  types: ['node'],
  strict: true,
  emitDecoratorMetadata: true,
  experimentalDecorators: true,
  rewriteRelativeImportExtensions: true,
  esModuleInterop: true,
  skipLibCheck: true,
  rootDir: '.',
  outDir: 'dist',
};

async function copyExample(
  { nest, typescript, fastifyMultipart, swagger, jest: type }: NestVersion,
  folder: string,
  tarballs: ReadonlyMap<string, string>,
): Promise<void> {
  const example = join(root, 'examples/nestjs');
  for (const name of ['src', 'test', 'tsconfig.json', 'tsconfig.jest.json']) {
    await cp(join(example, name), join(folder, name), { recursive: true });
  }
  const manifest = JSON.parse(await readFile(join(example, 'package.json'), 'utf8'));
  const dependencies: Record<string, string> = {
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...Object.fromEntries(tarballs),
    typescript,
    '@fastify/multipart': fastifyMultipart,
    '@nestjs/microservices': '',
    '@nestjs/platform-fastify': '',
  };
  for (const name of Object.keys(dependencies)) {
    if (name.startsWith('@nestjs/')) dependencies[name] = `^${nest}.0.0`;
  }
  dependencies['@nestjs/swagger'] = swagger;
  const asModule = {
    ...manifest.jest,
    extensionsToTreatAsEsm: ['.ts'],
    transform: { '\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.json', useESM: true }] },
  };
  const jest = type === 'module' ? asModule : manifest.jest;
  await writeJson(join(folder, 'package.json'), { private: true, type, dependencies, jest });
}

const writeJson = (path: string, value: object): Promise<void> => writeFile(path, JSON.stringify(value));

/** Starts a compiled program of a project with its options; it must exit by itself once it is told to close. */
export async function startProgram(
  path: string,
  options: object,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const child = fork(path, [JSON.stringify(options)], { env: NODE_ENV, execArgv: [] });
  const exit = once(child, 'exit');
  const failed = exit.then(([code]) => Promise.reject(new Error(`${path} ended with ${code}`)));
  // Only a failed start is reported here.
  failed.catch(() => undefined);
  const [url] = (await Promise.race([once(child, 'message'), failed])) as [string];
  return {
    url,
    close: async () => {
      child.send('close');
      const [code] = await exit;
      if (code !== 0) throw new Error(`${path} ended with ${code}`);
    },
  };
}

/** A target of the upload suite that runs as the program of a project. */
export const projectTarget = (name: string, path: () => string): Target => ({
  name,
  start: async (options) => {
    const program = await startProgram(path(), { name, options });
    return { ...program, errors: [], server: undefined as never };
  },
});
