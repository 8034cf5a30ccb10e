import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireErrorHandler, imgwireUploadViaUrl } from '@imgwire/express';
import express5, { type ErrorRequestHandler } from 'express';
import express4 from 'express4';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { casesFor } from '../support/sample.ts';
import { TARGETS } from '../support/targets.ts';
import { TOKEN_TARGETS } from '../support/token-targets.ts';

/** What an `authorize` in JavaScript may answer beside a boolean, and what the cause says of it. */
const ANSWERS: ReadonlyArray<[answered: string, answer: unknown]> = [
  ['undefined', undefined],
  ['null', null],
  ['an object', { id: 'the secret of ann' }],
  ['an array', ['the secret of ann']],
  ['a string', 'the secret of ann'],
  ['a number', 1],
  ['a function', () => true],
];

/** The ways to answer it. */
const WAYS: ReadonlyArray<[way: string, authorizeOf: (answer: unknown) => () => never]> = [
  ['at once', (answer) => () => answer as never],
  ['later', (answer) => () => Promise.resolve(answer) as never],
];

const CASES = WAYS.flatMap(([way, authorizeOf]) =>
  ANSWERS.map(([answered, answer]) => [answered, way, authorizeOf(answer)] as const),
);

/** What Express takes for "go on" where an error is. */
const NO_ERRORS: readonly unknown[] = [undefined, null, false, 0, '', 'route', 'router'];

const refusal = (answered: string): object => ({
  code: 'FORBIDDEN',
  cause: {
    message: `authorize returned ${answered}: it must return true or false, and only true lets a client upload.`,
  },
});

describe.each(TARGETS)('uploads on $name', (target) => {
  let emulator: Emulator;
  let app: Awaited<ReturnType<typeof target.start>>;
  const post = async (authorize: () => boolean): Promise<Answer> => {
    app = await target.start({ apiKey: emulator.apiKey, baseUrl: emulator.url, authorize });
    const bytes = await image('image/png');
    return postForm(`${app.url}/single`, [{ name: 'avatar', fileName: 'a.png', bytes }]);
  };
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });

  it.each(casesFor(target, CASES))(
    'are refused when authorize answers %s %s',
    async (answered, _way, authorize) => {
      expect(await post(authorize)).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
      expect(app.errors).toMatchObject([refusal(answered)]);
      expect(emulator.requests).toEqual([]);
    },
  );

  it('are refused without a cause when authorize says no', async () => {
    expect(await post(() => false)).toMatchObject({ status: 403 });
    expect(app.errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    expect(app.errors[0]).not.toHaveProperty('cause');
  });

  it.each(casesFor(target, NO_ERRORS))(
    'are refused when authorize fails with %j in place of an error',
    async (thrown) => {
      expect(await post(() => Promise.reject(thrown) as never)).toMatchObject({ status: 500 });
      expect(emulator.requests).toEqual([]);
    },
  );

  it('pass when it answers true', async () => {
    expect(await post(() => true)).toMatchObject({ status: 200 });
  });
});

describe.each([
  ['Express 4', express4],
  ['Express 5', express5],
])('imports on %s', (_name, makeApp) => {
  let emulator: Emulator;
  let server: Server;
  let errors: unknown[];
  const post = async (authorize: () => boolean): Promise<Response> => {
    const app = makeApp();
    const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url };
    const rules = { allowedHosts: ['images.example.com'], authorize };
    app.post('/import', imgwireUploadViaUrl({ ...connection, ...rules }), (_req, res) => res.sendStatus(200));
    const record: ErrorRequestHandler = (error, _req, _res, next) => {
      errors.push(error);
      next(error);
    };
    app.use(record, imgwireErrorHandler());
    server = createServer(app);
    const body = JSON.stringify({ url: 'https://images.example.com/a.jpg' });
    return fetch(`${await listen(server)}/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  };
  beforeEach(async () => {
    errors = [];
    emulator = await startEmulator();
    emulator.faults.add({
      route: 'upload_via_url',
      status: 200,
      body: { id: 'abc', cdn_url: 'https://a.b' },
    });
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await emulator.close();
  });

  it.each(CASES)('are refused when authorize answers %s %s', async (answered, _way, authorize) => {
    expect((await post(authorize)).status).toBe(403);
    expect(errors).toMatchObject([refusal(answered)]);
    expect(emulator.requests).toEqual([]);
  });

  it.each(NO_ERRORS)('are refused when authorize fails with %j in place of an error', async (thrown) => {
    expect((await post(() => Promise.reject(thrown) as never)).status).toBe(500);
    expect(emulator.requests).toEqual([]);
  });

  it('pass when it answers true', async () => {
    expect((await post(() => true)).status).toBe(200);
  });
});

describe.each(TOKEN_TARGETS)('tokens on $name', (target) => {
  it.each(casesFor(target, CASES))(
    'are refused when authorize answers %s %s',
    async (_answered, _way, authorize) => {
      const emulator = await startEmulator();
      const app = await target.start({ apiKey: emulator.apiKey, baseUrl: emulator.url }, { authorize });
      const answer = await fetch(`${app.url}/token`, { method: 'POST' });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ code: 'FORBIDDEN' });
      expect(emulator.requests).toEqual([]);
      await app.close();
      await emulator.close();
    },
  );
});
