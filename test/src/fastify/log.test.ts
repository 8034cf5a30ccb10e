import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwire } from '@imgwire/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { TRANSPORTS } from '../support/transports.ts';

// Fastify logs what its error handling gets; what the token endpoint answers itself goes to the same log.

interface Line {
  readonly level: number;
  readonly reqId: string;
  readonly err?: { readonly message: string; readonly stack: string; readonly code?: string };
}

const ERROR = 50;
const bytes = await image('image/png');
const form = [{ name: 'avatar', fileName: 'a.png', bytes }];
const source = JSON.stringify({ url: 'https://images.example.com/a.jpg' });
const json = { 'content-type': 'application/json' };

let emulator: Emulator;
let app: FastifyInstance;
let errors: Line[];
beforeEach(async () => {
  emulator = await startEmulator();
  errors = [];
  const write = (line: string): void => {
    const parsed = JSON.parse(line) as Line;
    if (parsed.level >= ERROR) errors.push(parsed);
  };
  app = fastify({ logger: { level: 'info', stream: { write } } });
});
afterEach(async () => {
  await app.close();
  await emulator.close();
});

async function start(connection: object, authorize = (): boolean => true): Promise<string> {
  await app.register(imgwire, { ...connection, maxAttempts: 1 });
  app.post('/avatar', { preHandler: app.imgwire.single('avatar') }, async () => ({}));
  const allowedHosts = ['images.example.com'];
  app.post('/import', { preHandler: app.imgwire.uploadViaUrl({ allowedHosts }) }, async () => ({}));
  app.all('/token', app.imgwire.uploadToken({ authorize }));
  return app.listen({ port: 0, host: '127.0.0.1' });
}
const ways = (url: string): readonly (() => Promise<{ readonly status: number }>)[] => [
  () => postForm(`${url}/avatar`, form),
  () => fetch(`${url}/import`, { method: 'POST', headers: json, body: source }),
  () => fetch(`${url}/token`, { method: 'POST' }),
];

it.each(TRANSPORTS)(
  "Fastify's log has a wrong key once, with its cause and its request, over $transport",
  async (how) => {
    const url = await start(how.connect({ url: emulator.url, apiKey: 'sk_of_another_environment' }));
    for (const way of ways(url)) {
      errors.length = 0;
      expect((await way()).status).toBe(502);
      expect(errors).toEqual([
        expect.objectContaining({
          reqId: expect.any(String),
          err: expect.objectContaining({
            code: 'UPSTREAM_REJECTED',
            stack: expect.stringMatching(/caused by: .*\b401\b/s),
          }),
        }),
      ]);
      expect(JSON.stringify(errors)).not.toContain('sk_of');
    }
  },
);

it("Fastify's log has a database that is down in authorize once, with its cause", async () => {
  const url = await start({ apiKey: emulator.apiKey, baseUrl: emulator.url }, () => {
    throw new Error('the database is down');
  });
  expect((await fetch(`${url}/token`, { method: 'POST' })).status).toBe(503);
  expect(errors).toEqual([
    expect.objectContaining({
      err: expect.objectContaining({ stack: expect.stringMatching(/caused by: .*the database is down/s) }),
    }),
  ]);
});

it("Fastify's log has no error of what a client does wrong", async () => {
  const url = await start({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  expect((await postForm(`${url}/avatar`, [...form, ...form])).status).toBe(400);
  expect((await fetch(`${url}/import`, { method: 'POST', headers: json, body: '{}' })).status).toBe(400);
  expect((await fetch(`${url}/token`)).status).toBe(405);
  expect(errors).toEqual([]);
});
