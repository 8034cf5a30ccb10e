import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createImgwire } from '@imgwire/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPost } from '../support/client.ts';
import { image } from '../support/images.ts';
import { type DeafServers, portOf, startDeafServers } from '../support/outages.ts';
import { TARGETS, type Target } from '../support/targets.ts';

const file = await image('image/png');
let deaf: DeafServers;
beforeAll(async () => {
  deaf = await startDeafServers();
});
afterAll(() => deaf.close());

it('closes without waiting for a connection that is still being made', async () => {
  const connectTimeoutMs = 60_000;
  const imgwire = createImgwire({
    ...{ apiKey: 'sk_test', baseUrl: `https://127.0.0.1:${portOf(deaf.silent)}` },
    ...{ connectTimeoutMs, requestTimeoutMs: 50, maxAttempts: 1 },
  });
  await expect(imgwire.upload({ file })).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  const closed = performance.now();
  await imgwire.close();
  expect(performance.now() - closed).toBeLessThan(connectTimeoutMs / 4);
});

it('closes a connection that is being opened ahead', async () => {
  const [core] = TARGETS as readonly [Target];
  const app = await core.start({ apiKey: 'sk_test', baseUrl: `https://127.0.0.1:${portOf(deaf.silent)}` });
  const connected = once(deaf.silent, 'connection') as Promise<[Socket]>;
  const post = openPost(`${app.url}/single`, 1_000);
  post.request.on('error', () => undefined).flushHeaders();
  const [socket] = await connected;
  const closed = once(socket, 'close');
  await app.close();
  await closed;
});
