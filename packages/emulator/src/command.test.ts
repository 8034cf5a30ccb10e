import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { startEmulator } from './index.ts';

const bin = fileURLToPath(new URL('../bin/imgwire-emulator.js', import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [bin, ...args]);

it('says what it can do', async () => {
  const { stdout } = await run('--help');
  expect(stdout).toContain('Usage: imgwire-emulator [options]');
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
  const failure = await run('--port', '0', flag, value).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
  expect(failure).toMatchObject({ stderr: expect.not.stringMatching(/^\s+at /m) });
});

it('says its version', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect((await run('--version')).stdout).toBe(`${version}\n`);
  expect((await run('--help')).stdout).toContain('--version');
});

it('says which port is in use, and how to take another', async () => {
  const taken = await startEmulator();
  onTestFinished(() => taken.close());
  const { port } = new URL(taken.url);
  const failure = await run('--port', port).catch((error: unknown) => error);
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
