import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type CodeBlock, codeBlocks, read, root } from '../docs/markdown.ts';
import { freePort } from '../support/free-port.ts';

/** The blocks between one heading of a page and the next. */
function section(heading: string, page = 'README.md'): CodeBlock[] {
  const lines = read(page).split('\n');
  const start = lines.indexOf(`## ${heading}`);
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith('## '));
  expect(start, heading).toBeGreaterThan(0);
  return codeBlocks(page).filter(({ line }) => line > start && line < start + length);
}

const { PATH = '', HOME = '' } = process.env;
const ENV = { PATH, HOME, NO_COLOR: '1' };
/** The lines for npm that `npm run pack` prints, by package. */
const printed = new Map(
  [...inject('packed').matchAll(/^# (\w+)\n(npm install .+)$/gm)].map(([, name = '', line = '']) => [
    name,
    line,
  ]),
);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readme-'));
});
afterEach(async () => {
  const lock = await readFile(join(folder, 'package-lock.json'), 'utf8');
  // Else the test would be of whatever a registry has under our names.
  expect(lock).toContain('imgwire-core.tgz');
  expect(lock).not.toMatch(/"resolved": "https?:[^"]+imgwire/);
  await rm(folder, { recursive: true });
});

/** What a reader types: the packages are not published yet, so the printed line takes the place of those with our names. */
async function type(command: string): Promise<string> {
  const [, ours] = /^npm install .*@imgwire\/(\w+)/.exec(command) ?? [];
  if (ours === 'emulator') return '';
  const line = ours === undefined ? command : (printed.get(ours) ?? command);
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', line], { cwd: folder, env: ENV }).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`${line}\n${error.stdout}\n${error.stderr}`, { cause: error });
    },
  );
  return stdout + stderr;
}

/** Saves the files of a section under their names, and answers the lines to type. */
async function save(blocks: readonly CodeBlock[], kind: RegExp): Promise<string[]> {
  for (const { fileName, code } of blocks) {
    if (!(fileName && kind.test(fileName))) continue;
    await mkdir(dirname(join(folder, fileName)), { recursive: true });
    await writeFile(join(folder, fileName), `${code}\n`);
  }
  return blocks.filter(({ language }) => language === 'sh').flatMap(({ code }) => code.split('\n'));
}

describe('Express in five minutes', () => {
  const blocks = section('Express in five minutes');

  it('works as ES modules', async () => {
    const lines = await save(blocks, /\.js$/);
    const typed: string[] = [];
    for (const line of lines.slice(0, lines.indexOf('node --test') + 1)) typed.push(await type(line));
    expect(lines[0]).toBe('npm init --yes');
    expect(typed.at(-1)).toMatch(/^# pass 1$/m);
    expect(typed.at(-1)).toMatch(/^# fail 0$/m);

    await byHand(lines.slice(lines.lastIndexOf('node --test') + 1).filter((line) => /4010|curl/.test(line)));
  });

  it('works in TypeScript', async () => {
    const lines = await save(blocks, /\.ts$|^tsconfig\.json$/);
    const first = lines.slice(0, lines.indexOf('node --test'));
    const own = lines.slice(lines.indexOf('npm install --save-dev typescript @types/node @types/express'));
    const typed: string[] = [];
    for (const line of [...first, ...own.slice(0, 3)]) typed.push(await type(line));
    expect(own.slice(1, 3)).toEqual(['npx tsc', 'node --test dist/app.test.js']);
    expect(typed.at(-1)).toMatch(/^# pass 1$/m);
    expect(typed.at(-1)).toMatch(/^# fail 0$/m);
  });

  it('works as CommonJS', async () => {
    const lines = await save(blocks, /\.cjs$/);
    const left = lines.filter((line) => line !== 'npm pkg set type=module');
    expect(left).toHaveLength(lines.length - 1);
    const typed: string[] = [];
    for (const line of left.slice(0, left.indexOf('node --test') + 1)) typed.push(await type(line));
    expect(typed.at(-1)).toMatch(/^# pass 1$/m);
    expect(typed.at(-1)).toMatch(/^# fail 0$/m);
  });
});

/** The emulator as a command, the application in a second terminal, and a picture of one's own. */
async function byHand([emulator = '', application = '', upload = '']: readonly string[]): Promise<void> {
  const [api, own] = [await freePort(), await freePort()];
  const here = (line: string): string => line.replaceAll('4010', api).replaceAll(':3000', `:${own}`);
  await cp(join(root, 'examples/demo/lake.jpg'), join(folder, 'cat.jpg'));
  const terminals: ChildProcess[] = [];
  const open = (line: string): ChildProcess => {
    const env = { ...ENV, PORT: own };
    const child = spawn('sh', ['-c', `exec ${here(line)}`], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    terminals.push(child);
    return child;
  };
  try {
    const { stdout } = open(emulator);
    if (!stdout) throw new Error('no output');
    const [first] = (await once(createInterface(stdout), 'line')) as [string];
    expect(first).toBe(`Imgwire emulator at http://127.0.0.1:${api}`);
    open(`env ${application}`);
    await expect.poll(() => type(here(upload)).catch(String)).toMatch(/"id":"[\w-]+"/);
  } finally {
    // As Ctrl-C does: the shell, npx and what they have started.
    const gone = terminals.map((child) => once(child, 'exit'));
    for (const { pid = 0 } of terminals) process.kill(-pid, 'SIGINT');
    await Promise.all(gone);
  }
}

it('Fastify in five minutes works', async () => {
  const lines = await save(section('Fastify in five minutes', 'packages/fastify/README.md'), /\.js$/);
  const typed: string[] = [];
  for (const line of lines) typed.push(await type(line));
  expect(lines.at(-1)).toBe('node --test');
  expect(typed.at(-1)).toMatch(/^# pass 1$/m);
  expect(typed.at(-1)).toMatch(/^# fail 0$/m);
});

describe('Nest in five minutes', () => {
  it('works', async () => {
    const lines = await save(section('Nest in five minutes'), /\.(ts|json)$/);
    const typed: string[] = [];
    for (const line of lines) typed.push(await type(line));
    expect(lines.at(-2)).toBe('npx tsc');
    expect(typed.at(-1)).toMatch(/^# pass 1$/m);
    expect(typed.at(-1)).toMatch(/^# fail 0$/m);
  });
});

describe.each(['Next.js', 'Hono'])('%s, by the README of @imgwire/web', (heading) => {
  it('works', async () => {
    const lines = await save(section(heading, 'packages/web/README.md'), /\.js$/);
    const typed: string[] = [];
    for (const line of lines) typed.push(await type(line));
    expect(lines.at(-1)).toBe('node --test');
    expect(typed.at(-1)).toMatch(/^# pass 1$/m);
    expect(typed.at(-1)).toMatch(/^# fail 0$/m);
  });
});
