import { createImgwire } from '@imgwire/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { type DeafServers, portOf, startDeafServers } from '../support/outages.ts';

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
