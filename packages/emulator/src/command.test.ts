import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
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
  ['--port', 'x', '"port" must be a whole number'],
  ['--nonsense', '1', "Unknown option '--nonsense'"],
  ['--idempotency', 'maybe', 'must be one of replay, conflict, ignore'],
])('ends with 1 and a sentence, not a stack, on %s %s', async (flag, value, message) => {
  const failure = await run('--port', '0', flag, value).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
  expect(failure).toMatchObject({ stderr: expect.not.stringMatching(/^\s+at /m) });
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
