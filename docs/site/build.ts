// `npm run docs:site`: builds the site into dist/ beside this file. With `-- --serve` it serves it, too, on port 4173.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, serve } from 'vitepress';
import { root } from './pages.ts';
import { addTexts, prepare } from './prepare.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const sources = join(here, '.build');
const api = join(here, '.api');

/** The reference of the API as Markdown. `npm run docs:api` checks the docblocks; here they are only shown. */
function writeApi(): void {
  rmSync(api, { recursive: true, force: true });
  const require = createRequire(import.meta.url);
  const typedoc = join(require.resolve('typedoc/package.json'), '../bin/typedoc');
  const plugin = require.resolve('typedoc-plugin-markdown');
  const { status } = spawnSync(
    process.execPath,
    [typedoc, '--options', join(here, 'typedoc.json'), '--plugin', plugin, '--out', api],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (status !== 0) throw new Error('TypeDoc has failed.');
}

writeApi();
const pages = prepare(sources, api);
await build(here);
addTexts(join(here, 'dist'), pages);
rmSync(api, { recursive: true });
if (process.argv.includes('--serve')) await serve({ root: here, port: 4173 });
