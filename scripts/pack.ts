// `npm run pack`: puts the packages into tarballs/, as they are published, and prints how to install them elsewhere.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = join(root, 'tarballs');
/** What one begins with, and what it needs of ours; the emulator is for development. */
const FIRST = {
  express: ['core', 'express'],
  fastify: ['core', 'fastify'],
  nestjs: ['core', 'nestjs'],
  web: ['core', 'web'],
  bullmq: ['core', 'bullmq'],
  client: ['client'],
};

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const name of readdirSync(join(root, 'packages'))) {
  const pack = ['pack', '--out', tarball(name)];
  execFileSync(join(root, 'node_modules/.bin/pnpm'), pack, { cwd: join(root, 'packages', name) });
}

// A tarball depends on core by its version, which is not on npm yet. npm takes the core beside it; pnpm and yarn would look for it in
// their registry, unless they are told where it is.
const core = `file:${tarball('core')}`;
const overrides = quoted(JSON.stringify({ '@imgwire/core': core }));
const resolution = quoted(`resolutions[@imgwire/core]=${core}`);
for (const [first, needed] of Object.entries(FIRST)) {
  const ours = needed.map((name) => quoted(tarball(name))).join(' ');
  const named = needed.map(byName).join(' ');
  console.info(`# ${first}`);
  console.info(`npm install ${ours} && npm install --save-dev ${quoted(tarball('emulator'))}`);
  console.info(
    `pnpm config set --location project --json overrides ${overrides} && pnpm add ${ours} && pnpm add --save-dev --allow-build=classic-level ${quoted(tarball('emulator'))}`,
  );
  console.info(`npm pkg set ${resolution} && yarn add ${named} && yarn add --dev ${byName('emulator')}`);
}

function tarball(name: string): string {
  return join(folder, `imgwire-${name}.tgz`);
}

/** As yarn from version 2 wants a tarball: with its name. */
function byName(name: string): string {
  return quoted(`@imgwire/${name}@file:${tarball(name)}`);
}

/** As a shell takes it. */
function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
