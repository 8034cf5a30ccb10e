import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../docs/markdown.ts';

describe('a release', () => {
  let folder: string;
  const write = (path: string, manifest: object): void =>
    writeFileSync(join(folder, path), JSON.stringify(manifest));
  const links = () =>
    spawnSync(process.execPath, ['--import', 'tsx', join(root, 'scripts/links.ts'), folder], {
      cwd: root,
      encoding: 'utf8',
    });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'links-'));
    mkdirSync(join(folder, 'packages/core'), { recursive: true });
    write('packages/core/package.json', { name: '@imgwire/core', version: '1.0.0' });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is refused while the root does not say where the pages and the repository are', () => {
    write('package.json', { bugs: 'https://git.example/imgwire/issues' });
    const { status, stderr } = links();
    expect(status).toBe(1);
    expect(stderr).toContain('package.json has no homepage and no repository');
  });

  it('gives each package the addresses of the root, and its own folder', () => {
    const [homepage, bugs] = ['https://pages.example', 'https://git.example/imgwire/issues'];
    write('package.json', { homepage, bugs, repository: 'git+https://git.example/imgwire.git' });
    expect(links().status).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'packages/core/package.json'), 'utf8'))).toEqual({
      name: '@imgwire/core',
      version: '1.0.0',
      homepage,
      bugs,
      repository: { type: 'git', url: 'git+https://git.example/imgwire.git', directory: 'packages/core' },
    });
  });

  it('begins with that step', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts['release']).toMatch(/^npm run links && /);
  });
});
