// `npm run pack`: puts the packages into tarballs/, as they are published, and prints how to install them elsewhere.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = join(root, 'tarballs');
/** What one begins with. */
const FIRST = ['express', 'fastify', 'nestjs', 'web', 'bullmq'];

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const name of readdirSync(join(root, 'packages'))) {
  const pack = ['pack', '--out', join(folder, `imgwire-${name}.tgz`)];
  execFileSync(join(root, 'node_modules/.bin/pnpm'), pack, { cwd: join(root, 'packages', name) });
}

// Each with what it depends on, which npm would look for in its registry.
for (const first of FIRST) {
  const [core, own, emulator] = ['core', first, 'emulator'].map((name) =>
    quoted(join(folder, `imgwire-${name}.tgz`)),
  );
  console.info(`# ${first}\nnpm install ${core} ${own} && npm install --save-dev ${emulator}`);
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
