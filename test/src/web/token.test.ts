import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireUploadToken } from '@imgwire/web';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overRest } from '../support/upload-suite.ts';

// A web request has its own host in its URL. A `Host` it has only where a server has received it over HTTP/1.

type Handle = (request: Request) => Promise<Response>;

let emulator: Emulator;
let route: Handle;
beforeAll(async () => {
  emulator = await startEmulator();
  route = imgwireUploadToken({ ...overRest(emulator), authorize: () => true });
});
afterAll(() => emulator.close());

const PLATFORMS: ReadonlyArray<readonly [string, Handle]> = [
  ['a plain Request, as in Next and Bun', (request) => route(request)],
  [
    'app.request() of Hono',
    async ({ url, method, headers }) =>
      new Hono().all('*', (context) => route(context.req.raw)).request(url, { method, headers }),
  ],
];

const REQUESTS: ReadonlyArray<readonly [url: string, headers: Record<string, string>, number]> = [
  ['http://localhost/t', {}, 200],
  ['http://localhost/t', { origin: 'http://localhost' }, 200],
  ['http://localhost:3000/t', { origin: 'http://localhost:3000' }, 200],
  // Behind a proxy that has ended TLS.
  ['http://shop.test/t', { origin: 'https://shop.test' }, 200],
  ['http://shop.test/t', { 'sec-fetch-site': 'same-origin', origin: 'https://shop.test' }, 200],
  ['http://internal.test/t', { host: 'shop.test', origin: 'https://shop.test' }, 200],
  ['http://localhost/t', { origin: 'http://evil' }, 403],
  ['http://localhost/t', { origin: 'http://localhost:3000' }, 403],
  ['http://localhost/t', { origin: 'null' }, 403],
  ['http://evil.test/t', { host: 'shop.test', origin: 'https://evil.test' }, 403],
  ['http://localhost/t', { 'sec-fetch-site': 'cross-site' }, 403],
];

describe.each(PLATFORMS)('the token route of %s', (_name, handle) => {
  it.each(REQUESTS)('answers a POST to %s with %j: %i', async (url, headers, status) => {
    const answer = await handle(new Request(url, { method: 'POST', headers }));
    expect([answer.status, await answer.text()]).toEqual([
      status,
      expect.stringContaining(status === 200 ? 'uploadToken' : 'CROSS_SITE_REQUEST'),
    ]);
  });
});
