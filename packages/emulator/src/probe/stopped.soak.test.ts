import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { startEmulator } from '../index.ts';
import { probe } from './probe.ts';

const bin = fileURLToPath(new URL('../../bin/imgwire-emulator.js', import.meta.url));
type Child = ChildProcessByStdio<null, Readable, null>;

const ENDS: Readonly<Record<string, (child: Child) => void>> = {
  SIGINT: (child) => void child.kill('SIGINT'),
  SIGTERM: (child) => void child.kill('SIGTERM'),
  SIGHUP: (child) => void child.kill('SIGHUP'),
  'SIGINT twice, as a package manager sends it': (child) => {
    child.kill('SIGINT');
    child.kill('SIGINT');
  },
  'a reader that leaves, as head does': ({ stdout }) => void stdout.destroy(),
};

it.each(Object.entries(ENDS))('deletes what it has made when it is stopped by %s', async (_name, end) => {
  const emulator = await startEmulator({ readyDelayMs: 200 });
  onTestFinished(() => emulator.close());
  const { IMGWIRE_API_KEY: _, ...environment } = process.env;
  const child = spawn(
    process.execPath,
    [bin, 'probe', '--base-url', emulator.url, '--page-url', emulator.url],
    {
      env: { ...environment, IMGWIRE_API_KEY: emulator.apiKey },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const exit = once(child, 'exit');
  const lines = createInterface(child.stdout);
  let printed = 0;
  lines.on('line', () => {
    printed += 1;
    // By now there is an image that all questions share.
    if (printed === 8) end(child);
  });
  expect(await exit).toEqual([1, null]);
  expect(emulator.requests.filter(({ route }) => route === 'create').length).toBeGreaterThan(0);
  expect(emulator.images.list()).toEqual([]);
});

it('asks nothing when it is stopped before it begins', async () => {
  const emulator = await startEmulator();
  onTestFinished(() => emulator.close());
  const stopped = new AbortController();
  stopped.abort();
  const { signal } = stopped;
  await expect(probe({ apiKey: emulator.apiKey, baseUrl: emulator.url, signal })).rejects.toBe(signal.reason);
  expect(emulator.requests).toEqual([]);
});

it('prints no key that a service sends back', async () => {
  const apiKey = 'sk_of_the_service';
  const server = createServer((req, res) => {
    const key = req.headers.authorization;
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ detail: key, status: key, image: { id: key, status: key }, upload_url: key }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const report = JSON.stringify(await probe({ apiKey, baseUrl, pageUrl: baseUrl, readyTimeoutMs: 1 }));
  expect(report).toContain('(a key)');
  expect(report).not.toContain(apiKey);
});

it.each([
  ['a page', '<h1>A page</h1>'],
  ['nothing', 'null'],
])('asks nothing of a service that responds with %s', async (_name, body) => {
  const methods: (string | undefined)[] = [];
  const server = createServer((req, res) => {
    methods.push(req.method);
    res.end(body);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(probe({ apiKey: 'sk_local', baseUrl })).rejects.toThrow('is not the API of Imgwire');
  expect(methods).toEqual(['GET']);
});
