import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, imgwireUploadToken } from '@imgwire/express';
import express, { type Request } from 'express';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listen } from '../support/listen.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis.ts';
import { sharedTokenLimit } from './shared-token-limit.ts';

describeWithRedis('a rate limit in Redis', () => {
  let redis: RedisServer;
  let emulator: Emulator;
  let imgwire: Imgwire;
  const clients: Redis[] = [];
  const servers: Server[] = [];

  beforeEach(async () => {
    redis = await startRedis();
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    for (const client of clients.splice(0)) client.disconnect();
    await imgwire.close();
    await emulator.close();
    await redis.close();
  });

  /** One machine behind the load balancer. */
  async function start(): Promise<string> {
    const client = new Redis({ ...redis.connection, maxRetriesPerRequest: 0 });
    client.on('error', () => undefined);
    clients.push(client);
    const app = express();
    const limit = sharedTokenLimit(client);
    const rateLimit = (req: Request): Promise<boolean | number> => limit(String(req.headers['x-user']));
    app.all('/', imgwireUploadToken({ imgwire, authorize: () => true, rateLimit }));
    const server = createServer(app);
    servers.push(server);
    return listen(server);
  }

  const ask = (url: string, user: string): Promise<Response> =>
    fetch(url, { method: 'POST', headers: { 'x-user': user } });

  it('counts the tokens of a user over all machines, and says when there are more', async () => {
    const machines = [await start(), await start(), await start()];
    const statuses: number[] = [];
    for (let i = 0; i < 21; i++) {
      const answer = await ask(machines[i % 3] ?? '', 'ada');
      statuses.push(answer.status);
      if (answer.ok) continue;
      expect(await answer.json()).toMatchObject({ code: 'RATE_LIMITED' });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(3_000);
    }
    expect(statuses).toEqual([...Array<number>(20).fill(200), 429]);
    expect((await ask(machines[0] ?? '', 'grace')).status).toBe(200);
  });

  it('lets nobody in that it could not count', async () => {
    const url = await start();
    await redis.stop();
    const answer = await ask(url, 'ada');
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'AUTHORIZATION_UNAVAILABLE' }]);
  });
});
