import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The names, without their scopes, of all packages that come with ours. */
async function installed(): Promise<ReadonlySet<string>> {
  const list = ['--filter', './packages/*', 'list', '--prod', '--depth', 'Infinity', '--parseable'];
  const { stdout } = await promisify(execFile)(join(root, 'node_modules/.bin/pnpm'), list, { cwd: root });
  return new Set(stdout.split('\n').map((path) => basename(path)));
}

it('no package installs multer or busboy', async () => {
  const names = await installed();
  expect(names).toContain('undici');
  expect([...names].filter((name) => /multer|busboy|append-field|streamsearch/.test(name))).toEqual([]);
});
