import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as work } from 'node:timers/promises';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type Imgwire,
  imgwireErrorHandler,
  imgwireUploadViaUrl,
  type UploadMetadata,
} from '@imgwire/express';
import express5 from 'express';
import express4 from 'express4';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { sample } from '../support/sample.ts';
import { type Front, TOKEN_TARGETS } from '../support/token-targets.ts';

/** Answers after as many milliseconds as the client says, unless it was answered by then, as applications do. */
const timer: Front = (req, res, next) => {
  const answer = (): void => {
    if (!res.headersSent) res.writeHead(503).end('too late');
  };
  setTimeout(answer, Number(req.headers['x-answer-after'])).unref();
  next();
};

/** Milliseconds: close to each other while the work is likely to be under way, then until after it has ended on any machine. */
const MOMENTS = Array.from({ length: 50 }, (_, at) => (at < 40 ? at * 4 : (at - 38) * 500)).filter(
  (_, at) => inject('soak') || at % 3 === 0,
);
const STEP_MS = 25;

interface Outcome {
  readonly status: number;
  readonly body: string;
}

/** Asks at each of the moments, a few at once. */
async function askAtEach(ask: (headers: Record<string, string>) => Promise<Response>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const moments = MOMENTS.values();
  const askNext = async (): Promise<void> => {
    for (const ms of moments) {
      const answer = await ask({ 'x-answer-after': String(ms) });
      outcomes.push({ status: answer.status, body: await answer.text() });
    }
  };
  await Promise.all(Array.from({ length: 5 }, askNext));
  return outcomes;
}

/** Takes the answers of the timer out, which must be whole, and answers the others. */
function othersOf(outcomes: readonly Outcome[]): Outcome[] {
  const [late, others] = [
    outcomes.filter(({ status }) => status === 503),
    outcomes.filter(({ status }) => status !== 503),
  ];
  expect(new Set(late.map(({ body }) => body))).toEqual(new Set(['too late']));
  expect(others.length).toBeGreaterThan(0);
  expect(new Set(others.map(({ status }) => status))).toEqual(new Set([200]));
  return others;
}

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
let emulator: Emulator;
beforeEach(async () => {
  unhandled.length = 0;
  process.on('unhandledRejection', onUnhandled);
  emulator = await startEmulator();
});
afterEach(async () => {
  process.off('unhandledRejection', onUnhandled);
  await emulator.close();
});

describe.each(sample(TOKEN_TARGETS))('a timer in front of the token endpoint on $name', (target) => {
  it('has its answer stand, at whatever moment it fires', async () => {
    const issued: string[] = [];
    const app = await target.start(
      { apiKey: emulator.apiKey, baseUrl: emulator.url },
      {
        rateLimit: () => work(STEP_MS, true),
        authorize: () => work(STEP_MS, true),
        onIssued: ({ id }) => {
          issued.push(id);
          return work(STEP_MS);
        },
      },
      timer,
    );
    emulator.faults.add({ route: 'token', times: Number.POSITIVE_INFINITY, delayMs: STEP_MS });
    const outcomes = await askAtEach((headers) => fetch(`${app.url}/token`, { method: 'POST', headers }));
    const given = othersOf(outcomes).map(({ body }) => JSON.parse(body).uploadToken);
    expect(given.every((token) => typeof token === 'string')).toBe(true);
    expect(issued.length).toBeGreaterThanOrEqual(given.length);
    await app.close();
    expect(unhandled).toEqual([]);
  });

  it('is the end of the work: no token is asked for after it', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const app = await target.start(
      { apiKey: emulator.apiKey, baseUrl: emulator.url },
      { authorize: () => closed.then(() => true) },
      (req, res, next) => {
        closed = once(res, 'close');
        timer(req, res, next);
      },
    );
    const headers = { 'x-answer-after': '20' };
    expect((await fetch(`${app.url}/token`, { method: 'POST', headers })).status).toBe(503);
    await closed;
    await app.close();
    expect(emulator.requests).toEqual([]);
    expect(unhandled).toEqual([]);
  });
});

const SOURCE = 'https://images.example.com';

/** Stands before the emulator, and has it fetch from here what is to come from {@link SOURCE}: it has no https server. */
function redirected(sourceUrl: string): Server {
  return createServer((req, res) => {
    const pass = async (): Promise<void> => {
      const { method = '', url = '', headers } = req;
      const sent = { authorization: String(headers.authorization), 'content-type': 'application/json' };
      const body = method === 'POST' ? (await text(req)).replace(SOURCE, sourceUrl) : null;
      const answer = await request(`${emulator.url}${url}`, {
        method: method as 'POST',
        headers: sent,
        body,
      });
      res.writeHead(answer.statusCode, { 'content-type': 'application/json' });
      res.end(await answer.body.text());
    };
    pass().catch((error: unknown) => res.destroy(error as Error));
  });
}

describe.each([
  ['Express 4', express4],
  ['Express 5', express5],
])('a timer in front of an import on %s', (_name, makeApp) => {
  const servers: Server[] = [];
  const serve = (server: Server): Promise<string> => {
    servers.push(server);
    return listen(server);
  };
  let imgwire: Imgwire;
  let url: string;
  let handled: string[];
  const start = async (metadata: () => Promise<UploadMetadata>, delayMs = STEP_MS): Promise<void> => {
    handled = [];
    const picture = await image('image/png');
    const source = await serve(createServer((_req, res) => res.end(picture)));
    const baseUrl = await serve(redirected(source));
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl });
    emulator.faults.add({ route: 'upload_via_url', times: Number.POSITIVE_INFINITY, delayMs });
    const middleware = imgwireUploadViaUrl({
      imgwire,
      allowedHosts: ['images.example.com'],
      authorize: () => work(STEP_MS, true),
      metadata,
    });
    const app = makeApp();
    // As most handlers are written: Express 4 catches nothing that such a one throws.
    app.post('/import', timer, middleware, async (req, res) => {
      handled.push(String(req.image?.id));
      res.json(req.image?.id);
    });
    app.use(imgwireErrorHandler());
    url = await serve(createServer(app));
  };
  const post = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${url}/import`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ url: `${SOURCE}/a.png` }),
    });
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it('has its answer stand, and leaves no image, at whatever moment it fires', async () => {
    await start(() => work(STEP_MS, {}));
    const ids = othersOf(await askAtEach(post)).map(({ body }) => JSON.parse(body));
    // Waits for what is undone.
    await imgwire.close();
    expect(handled).toHaveLength(ids.length);
    expect(new Set(handled)).toEqual(new Set(ids));
    expect(new Set(emulator.images.list().map(({ id }) => id))).toEqual(new Set(ids));
    expect(unhandled).toEqual([]);
  });

  it('leaves no image that is there in the moment of its response', async () => {
    const stored = { id: 'abc', cdn_url: 'https://cdn.example.com/abc' };
    emulator.faults.add({ route: 'upload_via_url', status: 200, body: stored });
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    const app = makeApp();
    app.post('/import', (req, res, next) => {
      const uploadViaUrl: Imgwire['uploadViaUrl'] = async (input) => {
        const uploaded = await imgwire.uploadViaUrl(input);
        res.writeHead(503).end('too late');
        return uploaded;
      };
      const allowedHosts = ['images.example.com'];
      imgwireUploadViaUrl({ imgwire: { ...imgwire, uploadViaUrl }, allowedHosts })(req, res, next);
    });
    url = await serve(createServer(app));
    expect((await post({})).status).toBe(503);
    await imgwire.close();
    expect(emulator.requests.map(({ route }) => route)).toEqual(['upload_via_url', 'delete']);
  });

  it('leaves an image whose key was given, which the next import with it answers', async () => {
    await start(async () => ({ idempotencyKey: 'a' }), 300);
    expect((await post({ 'x-answer-after': '200' })).status).toBe(503);
    const { id } = await emulator.waitFor(({ images }) => images.list()[0]);
    const answer = await post({ 'x-answer-after': '10000' });
    expect([answer.status, await answer.json()]).toEqual([200, id]);
  });
});
