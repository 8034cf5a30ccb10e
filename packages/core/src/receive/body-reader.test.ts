import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Cancellation } from '../cancellation.ts';
import { BodyReader } from './body-reader.ts';

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

it('watches a client no longer once its body has ended, also where that came while it was held up', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = request({ port, host: '127.0.0.1', method: 'POST', agent: false });
  client.end('the body');
  const [req, res] = (await once(server, 'request')) as [IncomingMessage, import('node:http').ServerResponse];
  const rules = { stallTimeoutMs: 60_000, minBytesPerSecond: 1024, limits: { requestSize: 1000 } };
  const body = new BodyReader(req, rules, {
    shutdown: new Cancellation(),
    res: undefined,
    onRelease: () => undefined,
    unreadable: 'MALFORMED_MULTIPART',
  });
  const before = timers();
  expect(String(await body.read())).toBe('the body');
  // A stream ends all the same while nobody reads, when it is asked for more.
  req.read(0);
  await new Promise(setImmediate);
  expect(await body.read()).toBeUndefined();
  expect(timers()).toBe(before);
  body.release();
  res.end();
  server.close();
});
