import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type UserConfig } from 'tsdown';
import core from '../../../packages/core/tsdown.config.ts';
import web from '../../../packages/web/tsdown.config.ts';

/** The texts of the edge entries as ES modules, and both in one file, minified, as an application's bundler makes it. */
export interface EdgeBuild {
  readonly core: string;
  readonly web: string;
  readonly minified: string;
}

/** Builds the edge entries with the configurations of their packages. */
export async function buildEdge(): Promise<EdgeBuild> {
  const folder = await mkdtemp(join(tmpdir(), 'imgwire-edge-'));
  const buildOne = async (name: 'core' | 'web', config: UserConfig | undefined): Promise<string> => {
    const outDir = join(folder, name);
    await build({ ...config, ...QUIET, cwd: packageOf(name), outDir });
    return join(outDir, 'edge.mjs');
  };
  try {
    const files = { core: await buildOne('core', edgeOf(core)), web: await buildOne('web', edgeOf(web)) };
    const outDir = join(folder, 'app');
    const alias = { '@imgwire/core/edge': files.core };
    await build({
      ...QUIET,
      ...{ cwd: packageOf('web'), entry: { app: files.web }, outDir, alias, noExternal: /./ },
      ...{ platform: 'neutral', target: 'es2022', fixedExtension: true, minify: true },
    });
    return {
      core: await readFile(files.core, 'utf8'),
      web: await readFile(files.web, 'utf8'),
      minified: await readFile(join(outDir, 'app.mjs'), 'utf8'),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const QUIET: UserConfig = {
  ...{ config: false, format: 'esm', dts: false, exports: false, publint: false, logLevel: 'silent' },
};

const packageOf = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/${name}`, import.meta.url));

const edgeOf = (configs: unknown): UserConfig | undefined => {
  const { workspace: _, ...edge } =
    [configs as UserConfig | UserConfig[]].flat().find(({ entry }) => String(entry) === 'src/edge.ts') ?? {};
  return edge;
};
