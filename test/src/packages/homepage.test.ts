import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { root } from '../docs/markdown.ts';

/** A copy of what builds core, with a homepage in its package.json. */
function copyCore(homepage: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'homepage-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const core = join(folder, 'packages/core');
  mkdirSync(core, { recursive: true });
  for (const name of ['package.json', 'tsdown.config.ts', 'tsconfig.base.json', 'tsconfig.build.json']) {
    cpSync(join(root, name), join(folder, name));
  }
  for (const name of ['src', 'tsdown.config.ts']) {
    cpSync(join(root, 'packages/core', name), join(core, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(join(root, 'packages/core/node_modules'), join(core, 'node_modules'));
  const manifest = JSON.parse(readFileSync(join(root, 'packages/core/package.json'), 'utf8')) as object;
  writeFileSync(join(core, 'package.json'), JSON.stringify({ ...manifest, homepage }));
  return folder;
}

it('a build of core has the pages of its homepage in the type of its errors, but the environment comes first', () => {
  const folder = copyCore('https://pages.example/');
  const core = join(folder, 'packages/core');
  const tsdown = join(root, 'node_modules/tsdown/dist/run.mjs');
  const built = spawnSync(process.execPath, [tsdown, '--no-dts', '--no-exports', '--no-publint'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(built).toMatchObject({ status: 0 });
  const typeWith = (file: string, env: object): unknown => {
    const script = `const { ImgwireError } = await import(${JSON.stringify(pathToFileURL(join(core, 'dist', file)))});
      console.log(JSON.stringify(new ImgwireError('FORBIDDEN').toJSON().type ?? null));`;
    const { IMGWIRE_DOCS: _, ...rest } = process.env;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...rest, ...env },
      encoding: 'utf8',
    });
    return JSON.parse(run.stdout);
  };
  for (const file of ['index.mjs', 'index.cjs', 'edge.mjs', 'edge.cjs']) {
    expect(typeWith(file, {})).toBe('https://pages.example/errors/FORBIDDEN');
  }
  const other = { IMGWIRE_DOCS: 'https://other.example' };
  expect(typeWith('index.mjs', other)).toBe('https://other.example/errors/FORBIDDEN');
  expect(typeWith('index.mjs', { IMGWIRE_DOCS: '' })).toBeNull();
  expect(typeWith('index.mjs', { IMGWIRE_DOCS: 'nowhere' })).toBe('https://pages.example/errors/FORBIDDEN');
});
