import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { openRequest } from './request.ts';

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

it('watches a client no longer once its body has ended, also where that came while it was held up', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = request({ port, host: '127.0.0.1', method: 'POST', agent: false });
  client.end('the body');
  const [req, res] = (await once(server, 'request')) as [IncomingMessage, import('node:http').ServerResponse];
  const rules = { stallTimeoutMs: 60_000, minBytesPerSecond: 1024, limits: { requestSize: 1000 } };
  const open = openRequest(req, rules, { closing: new AbortController().signal, res: undefined });
  const before = timers();
  let letGo = (): void => undefined;
  const taken = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const fed = open.feed(() => {
    // A stream that is paused ends all the same when it is asked for more, as Node does after each resume.
    setImmediate(() => req.read(0));
    return taken;
  });
  await fed;
  letGo();
  await new Promise(setImmediate);
  expect(timers()).toBe(before);
  open.release();
  res.end();
  server.close();
});
