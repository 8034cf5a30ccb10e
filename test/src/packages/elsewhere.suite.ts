import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createImgwire } from '@imgwire/core';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { read, root } from '../docs/markdown.ts';
import { freePort } from '../support/free-port.ts';
import { imageOfSize } from '../support/images.ts';

/** What a terminal has: without the additions of npm and vitest, and of a CI, where package managers keep to their lock files. */
const ENV = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV$|CI$)/.test(name)),
);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elsewhere-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function type(line: string, env = {}): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', line], { cwd: folder, env: { ...ENV, ...env } });
  return stdout;
}

/** The lines that `npm run pack` prints, by package and the package manager that they end with. */
const printed = new Map(
  inject('packed')
    .split(/^# /m)
    .slice(1)
    .flatMap((section) => {
      const [name = '', ...lines] = section.trim().split('\n');
      return lines.map((line) => [`${name} ${/ && (\w+) /.exec(line)?.[1]}`, line] as const);
    }),
);

it('prints a line for each package that one begins with, and each package manager', () => {
  const names = ['express', 'fastify', 'nestjs', 'web', 'bullmq', 'client'];
  expect([...printed.keys()]).toEqual(
    names.flatMap((name) => [`${name} npm`, `${name} pnpm`, `${name} yarn`]),
  );
});

describe.each([
  ['pnpm', 'pnpm@10', 'pnpm-lock.yaml'],
  ['pnpm', 'pnpm@12', 'pnpm-lock.yaml'],
  ['yarn', 'yarn@1', 'yarn.lock'],
  ['yarn', '@yarnpkg/cli-dist@4', 'yarn.lock'],
])('the line for %s, with %s', (manager, version, lock) => {
  it('installs the middleware and the emulator', async () => {
    const line = printed.get(`express ${manager}`);
    const inFolder = `touch ${lock} && export npm_config_yes=true YARN_NODE_LINKER=node-modules && ${line}`;
    await type('npm init --yes');
    await type(`npm exec --yes --package=${version} -- sh -c "$LINE"`, { LINE: inFolder });

    const locked = await readFile(join(folder, lock), 'utf8');
    // Else the test would be of whatever a registry has under our names.
    expect(locked).toContain('imgwire-core.tgz');
    expect(locked).not.toMatch(/https?:[^\s"]+imgwire/);
    const program = `
      import { imgwireUpload } from '@imgwire/express';
      import { startEmulator } from '@imgwire/emulator';
      const emulator = await startEmulator();
      console.log(typeof imgwireUpload({ apiKey: emulator.apiKey, baseUrl: emulator.url }).single);
      await emulator.close();`;
    expect(await type('node --input-type=module --eval "$PROGRAM"', { PROGRAM: program })).toBe('function\n');
  });
});

// Docker itself is not needed: its steps are taken in a folder.
describe('the Dockerfile of the emulator', () => {
  const steps = read('packages/emulator/Dockerfile').split('\n');
  const step = (name: string): string[] =>
    steps.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));
  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill();
  });

  it('installs an emulator that others can reach, and that is healthy', async () => {
    const [copied = ''] = step('COPY');
    const files = copied.split(' ').slice(0, -1);
    expect(files).toHaveLength(2);
    for (const file of files) await cp(join(root, 'tarballs', file), join(folder, file));
    const [install = ''] = step('RUN');
    await type(install);

    const port = await freePort();
    const here = (name: string): string[] =>
      (JSON.parse(step(name)[0]?.replace(/^.*CMD /, '') ?? '') as string[]).map((word) =>
        word.replaceAll('4010', port),
      );
    const [command = '', ...args] = here('ENTRYPOINT');
    child = spawn(command, [...args, '--port', port, '--api-key', 'sk_local'], {
      cwd: folder,
      env: ENV,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (!child.stdout) throw new Error('no output');
    await once(createInterface(child.stdout), 'line');

    const [node = '', ...check] = here('HEALTHCHECK');
    await promisify(execFile)(node, check, { env: ENV });
    const bytes = await imageOfSize('image/png', 20_000);
    const imgwire = createImgwire({ apiKey: 'sk_local', baseUrl: `http://127.0.0.1:${port}` });
    const image = await imgwire.upload({ file: bytes });
    expect(image.cdn_url).toContain(`http://localhost:${port}/`);
    await imgwire.close();
    expect(Buffer.from(await (await fetch(image.url())).arrayBuffer())).toEqual(bytes);

    child.kill();
    await once(child, 'exit');
    await expect(promisify(execFile)(node, check, { env: ENV })).rejects.toThrow('Command failed');
  });
});
