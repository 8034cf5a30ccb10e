import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it, onTestFinished, vi } from 'vitest';
import { runCli } from './cli.ts';
import { startEmulator } from './index.ts';

const bin = fileURLToPath(new URL('../bin/imgwire-emulator.js', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command in a process of its own. */
async function runThere(...args: string[]): Promise<Ended> {
  const ended = promisify(execFile)(process.execPath, [bin, ...args]);
  return ended.then(
    (output) => ({ code: 0, ...output }),
    (failure: unknown) => failure as Ended,
  );
}

/** What the command would end with, without a process of its own. */
async function runHere(...args: string[]): Promise<Ended> {
  const [out, err] = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockReturnValue(true),
  );
  const written = (spy = out): string => (spy?.mock.calls ?? []).map(([chunk]) => String(chunk)).join('');
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await runCli(args);
    return { code: Number(process.exitCode), stdout: written(out), stderr: written(err) };
  } finally {
    process.exitCode = before;
    out?.mockRestore();
    err?.mockRestore();
  }
}

// A process takes a second to start. In `npm test` one alone is started, by the last of these tests.
const run = inject('soak') ? runThere : runHere;

it('says what it can do', async () => {
  const { stdout } = await run('--help');
  expect(stdout).toContain('Usage: imgwire-emulator [options]');
  expect(stdout).toContain('--version');
});

it('asks a service what this repository assumes of it, and says what is different', async () => {
  const emulator = await startEmulator({ repeatedPut: 'overwrite' });
  onTestFinished(() => emulator.close());
  const report = await run('probe', '--base-url', emulator.url, '--page-url', `${emulator.url}/health`);
  expect(report).toMatchObject({ code: 1, stdout: '' });
  expect(report.stderr).toContain(
    'imgwire-emulator: set IMGWIRE_API_KEY in the environment to a server key (sk_…).\nTry imgwire-emulator probe --help\n',
  );
  vi.stubEnv('IMGWIRE_API_KEY', emulator.apiKey);
  onTestFinished(() => void vi.unstubAllEnvs());
  const asked = await run('probe', '--base-url', emulator.url, '--page-url', `${emulator.url}/health`);
  expect(asked.code).toBe(1);
  expect(asked.stdout).toContain('as assumed  a PUT without a length: rejected (411)\n');
  expect(asked.stdout).toContain('DIFFERENT   a second PUT of other bytes: accepted\n');
  expect(asked.stdout).toContain('assumed: rejected; packages/core/src/direct/claims.ts relies on it\n');
  expect(asked.stdout).toMatch(
    /\n34 as assumed, 1 different, \d+ not asked; (\d+) records were made, and \1 deleted\.\n$/,
  );
  expect(emulator.images.list()).toEqual([]);
});

it('says its version', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect((await run('--version')).stdout).toBe(`${version}\n`);
});

it('ends with 1 and a sentence, not a stack, when it cannot start', async () => {
  const failure = await run('--port', 'x');
  expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining('"--port" must be an integer') });
  expect(failure).toMatchObject({ stderr: expect.not.stringMatching(/^\s+at /m) });
});

it.each([
  ['--port', 'x', '"--port" must be an integer'],
  ['--nonsense', '1', "Unknown option '--nonsense'"],
  ['--port', '', '"--port" must be an integer'],
  ['--idempotency', 'maybe', '"--idempotency" must be one of replay, conflict, ignore'],
  ['--repeated-put', 'x', '"--repeated-put" must be one of'],
  ['--ready-delay-ms', '5s', '"--ready-delay-ms" must be an integer from 0 to 2147483647.'],
  ['--token-ttl-ms', 'x', '"--token-ttl-ms" must be an integer'],
  ['--max-pending', '1', '"--max-pending" must be an integer that is at least 5.'],
  ['--public-url', 'x', '"--public-url" must be an absolute http or https URL'],
  [
    '--api-key',
    'ck_x',
    '"--api-key" must be a server key, of ASCII characters without spaces: ck_ is what client keys begin with',
  ],
  [
    '--client-key',
    'sk_x',
    '"--client-key" must be a client key, of ASCII characters without spaces: sk_ is what server keys begin with',
  ],
])('ends with 1 and a sentence, not a stack, on %s %s', async (flag, value, message) => {
  const failure = await runHere('--port', '0', flag, value);
  expect(failure).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
  expect(failure.stderr).not.toMatch(/^\s+at /m);
});

it('says which port is in use, and how to take another', async () => {
  const taken = await startEmulator();
  onTestFinished(() => taken.close());
  const { port } = new URL(taken.url);
  const failure = await run('--port', port);
  expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining(`port ${port} is in use`) });
  expect(failure).toMatchObject({ stderr: expect.stringContaining('--port 0') });
});

it('serves with the keys that it prints, and ends well on SIGTERM', async () => {
  const child = spawn(process.execPath, [bin, '--port', '0', '--json', '--client-key', 'ck_mine'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url, apiKey, clientKey } = JSON.parse(line) as Record<string, string>;
  expect(clientKey).toBe('ck_mine');
  const response = await fetch(`${url}/api/v1/images/`, { headers: { authorization: `Bearer ${apiKey}` } });
  expect(await response.json()).toEqual([]);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
