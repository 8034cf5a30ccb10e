// `npm run links`: writes the addresses in the root's package.json into those of the packages, where npm shows them. Part of
// `npm run release`, which ends here while one is missing: npm's provenance names the repository, too. The homepage is where the site
// of `npm run docs:site` is served: the built packages name it in the `type` of their errors.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] ?? fileURLToPath(new URL('../', import.meta.url));
const NAMES = ['homepage', 'repository', 'bugs'] as const;

const links = read('package.json');
const missing = NAMES.filter((name) => links[name] === undefined);
if (missing.length > 0) {
  throw new Error(`package.json has no ${missing.join(' and no ')}: nothing is published without.`);
}
for (const name of readdirSync(join(root, 'packages'))) {
  const path = join('packages', name, 'package.json');
  const { homepage, bugs } = links;
  const repository = { type: 'git', url: links['repository'], directory: `packages/${name}` };
  const text = JSON.stringify({ ...read(path), homepage, repository, bugs }, undefined, 2);
  writeFileSync(join(root, path), `${text}\n`);
}

function read(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, unknown>;
}
