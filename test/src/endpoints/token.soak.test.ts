import { createServer, request } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  ImgwireError,
  type ImgwireUploadTokenOptions,
  imgwireUploadToken,
  type UploadTokenRules,
} from '@imgwire/express';
import express5, { type Express } from 'express';
import { rateLimit } from 'express-rate-limit';
import express4 from 'express4';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../support/listen.ts';
import { casesFor, inFull } from '../support/sample.ts';
import {
  type Front,
  TOKEN_TARGETS,
  type TokenConnection,
  type TokenTarget,
} from '../support/token-targets.ts';
import { throughTransports } from '../support/transports.ts';

/** A middleware in front that has something to say to caches too. */
const compressing: Front = (_req, res, next) => {
  res.setHeader('Vary', 'Accept-Encoding');
  next();
};

describe.each(TOKEN_TARGETS.filter(({ name }) => /Express|Fastify|Nest/.test(name)))(
  'behind a middleware, the token endpoint on $name',
  (target) => {
    it('adds to the Vary that is there', async () => {
      const emulator = await startEmulator();
      const rules = { authorize: () => true, allowedOrigins: ['https://app.example.com'] };
      const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url };
      const app = await target.start(connection, rules, compressing);
      const answer = await fetch(`${app.url}/token`, { method: 'POST' });
      await app.close();
      await emulator.close();
      expect(answer.headers.get('vary')).toBe('Accept-Encoding, Origin');
    });
  },
);

const APPS: ReadonlyArray<[string, () => Express]> = [
  ['Express 4', () => express4()],
  ['Express 5', () => express5()],
];

function thrower(error: Error): () => never {
  return () => {
    throw error;
  };
}

const VERDICTS: ReadonlyArray<[string, () => boolean | Promise<boolean>, number, string]> = [
  ['returns false', () => false, 403, 'FORBIDDEN'],
  ['returns what is not true', () => 'yes' as unknown as boolean, 403, 'FORBIDDEN'],
  ['resolves to false', async () => false, 403, 'FORBIDDEN'],
  ['throws', thrower(new Error('no database for alice')), 503, 'AUTHORIZATION_UNAVAILABLE'],
  ['rejects', async () => Promise.reject(new Error('secret of alice')), 503, 'AUTHORIZATION_UNAVAILABLE'],
  [
    'throws an error with status 403',
    thrower(Object.assign(new Error('alice'), { statusCode: 403 })),
    403,
    'FORBIDDEN',
  ],
  [
    'throws an error with status 401',
    thrower(Object.assign(new Error('alice'), { status: 401 })),
    401,
    'UNAUTHORIZED',
  ],
  ['never settles', () => new Promise<boolean>(() => undefined), 503, 'AUTHORIZATION_UNAVAILABLE'],
];

const FAILURES = [
  [{ status: 401 }, 502, 'UPSTREAM_REJECTED'],
  [{ status: 402 }, 503, 'ACCOUNT_LIMIT_REACHED'],
  [{ status: 500 }, 503, 'UPSTREAM_UNAVAILABLE'],
  [{ status: 200, body: '{"id":"x","to' }, 503, 'UPSTREAM_UNAVAILABLE'],
  [{ status: 200, body: { id: 'x' } }, 503, 'UPSTREAM_UNAVAILABLE'],
  [{ status: 200, body: '' }, 503, 'UPSTREAM_UNAVAILABLE'],
  [{ hang: true }, 504, 'UPSTREAM_TIMEOUT'],
] as const;

describe.each(throughTransports(TOKEN_TARGETS))(
  'the token endpoint on $name, over $transport',
  ({ target, connect }) => {
    let emulator: Emulator;
    let app: Awaited<ReturnType<TokenTarget['start']>>;
    const start = async (options: Partial<UploadTokenRules<never> & TokenConnection>): Promise<void> => {
      const { requestTimeoutMs = 15_000, ...rules } = options;
      const connection = { ...connect(emulator), requestTimeoutMs };
      app = await target.start(connection, { authorize: () => true, ...rules });
    };
    const post = (headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${app.url}/token`, { method: 'POST', headers });
    beforeEach(async () => {
      emulator = await startEmulator();
    });
    afterEach(async () => {
      await app.close();
      await emulator.close();
    });

    /** Headers that fetch does not let a test set. */
    const raw = (
      method: string,
      headers: Record<string, string>,
    ): Promise<{ status: number; headers: object }> =>
      new Promise((resolve, reject) => {
        const call = request(`${app.url}/token`, { method, headers }, (answer) => {
          answer
            .resume()
            .once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }));
        });
        call.once('error', reject).end();
      });

    it('gives a token that lets a client key create one upload', async () => {
      await start({});
      const answer = await post();
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const body = (await answer.json()) as { uploadToken: string; expiresAt: string };
      expect(Object.keys(body)).toEqual(['uploadToken', 'expiresAt']);
      expect(Date.parse(body.expiresAt)).toBeGreaterThan(Date.now());
      const create = (): Promise<Response> =>
        fetch(`${emulator.url}/api/v1/images/standard_upload?upload_token=${body.uploadToken}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${emulator.clientKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ file_name: 'a.jpg' }),
        });
      expect((await create()).status).toBe(200);
      expect((await create()).status).toBe(401);
    });

    it.each(casesFor(target, VERDICTS))(
      'answers when authorize %s, and names nothing',
      async (_case, authorize, status, code) => {
        await start({ authorize, authorizeTimeoutMs: 100 });
        const answer = await post();
        expect(answer.status).toBe(status);
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
        const text = await answer.text();
        expect(JSON.parse(text)).toMatchObject({ status, code });
        expect(text).not.toContain('alice');
        expect(emulator.requests).toEqual([]);
      },
    );

    it('is not 403 when onIssued fails, whatever it throws', async () => {
      await start({ onIssued: thrower(new ImgwireError('FORBIDDEN')) });
      const answer = await post();
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ code: 'AUTHORIZATION_UNAVAILABLE' });
    });

    it('does not start without authorize', async () => {
      await start({});
      expect(() => imgwireUploadToken({ apiKey: 'sk_x' } as ImgwireUploadTokenOptions)).toThrow(
        /"authorize" is required/,
      );
    });

    it('answers 405 with Allow to anything but POST', async () => {
      await start({});
      for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
        const answer = await raw(method, {});
        expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST' } });
      }
    });

    it.each(
      casesFor(target, [
        [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
        [{ 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }, 403],
        [{ 'sec-fetch-site': 'cross-site' }, 403],
        [{ origin: 'https://evil.example' }, 403],
        [{ origin: 'null' }, 403],
        [{ 'sec-fetch-site': 'same-origin' }, 200],
        [{ 'sec-fetch-site': 'none' }, 200],
        [{ origin: 'https://app.example.com' }, 200],
        [{ 'sec-fetch-site': 'cross-site', origin: 'https://app.example.com' }, 200],
        [{}, 200],
        // A Host may name the port that its scheme has anyway.
        [{ host: 'shop.test:443', origin: 'https://shop.test' }, 200],
        [{ host: 'Shop.test:80', origin: 'http://shop.test' }, 200],
        [{ host: 'shop.test:8443', origin: 'https://shop.test:8443' }, 200],
        [{ host: 'shop.test:80', origin: 'https://shop.test' }, 403],
        [{ host: 'shop.test:8443', origin: 'https://shop.test' }, 403],
        [{ host: 'shop.test:443', origin: 'https://evil.test' }, 403],
      ]),
    )('answers a request with %j: %i', async (headers, status) => {
      await start({ allowedOrigins: ['https://app.example.com'] });
      expect((await raw('POST', headers as Record<string, string>)).status).toBe(status);
    });

    it('lets a page of an allowed origin read the answer, and no other', async () => {
      await start({ allowedOrigins: ['https://app.example.com'] });
      const allowed = await raw('POST', { origin: 'https://app.example.com' });
      expect(allowed.headers).toMatchObject({
        'access-control-allow-origin': 'https://app.example.com',
        'access-control-allow-credentials': 'true',
        vary: expect.stringContaining('Origin'),
      });
      expect((await raw('OPTIONS', { origin: 'https://app.example.com' })).status).toBe(204);
      expect((await raw('POST', { origin: 'https://evil.example' })).headers).not.toHaveProperty(
        'access-control-allow-origin',
      );
    });

    it('answers 429 with Retry-After when rateLimit says so', async () => {
      await start({ rateLimit: async () => 30 });
      const answer = await post();
      expect(answer.status).toBe(429);
      expect(answer.headers.get('retry-after')).toBe('30');
      expect(await answer.json()).toMatchObject({ code: 'RATE_LIMITED' });
    });

    it('tells onIssued which token went out, without the token', async () => {
      const issued: object[] = [];
      await start({ onIssued: ({ id, expiresAt }) => void issued.push({ id, expiresAt }) });
      const { uploadToken, expiresAt } = (await (await post()).json()) as Record<string, string>;
      expect(issued).toEqual([{ id: expect.any(String), expiresAt }]);
      expect(JSON.stringify(issued)).not.toContain(uploadToken);
    });

    it.each(inFull(target) ? FAILURES : FAILURES.slice(0, 1))(
      'never answers a token that is undefined: %j',
      async (fault, status, code) => {
        await start({ requestTimeoutMs: 200 });
        emulator.faults.add({ route: 'token', times: Number.POSITIVE_INFINITY, ...fault });
        const answer = await post();
        expect(answer.status).toBe(status);
        expect(await answer.json()).toMatchObject({ code });
      },
    );
  },
);

describe.each(APPS)('the token endpoint on %s', (_name, makeApp) => {
  it('stands behind express-rate-limit', async () => {
    const emulator = await startEmulator();
    const app = makeApp();
    const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url };
    app.use(
      '/token',
      rateLimit({ windowMs: 60_000, limit: 2, standardHeaders: true, legacyHeaders: false }) as never,
    );
    app.all('/token', imgwireUploadToken({ ...connection, authorize: () => true }));
    const server = createServer(app);
    const url = await listen(server);
    const post = async (): Promise<number> => (await fetch(`${url}/token`, { method: 'POST' })).status;
    expect([await post(), await post(), await post()]).toEqual([200, 200, 429]);
    server.closeAllConnections();
    server.close();
    await emulator.close();
  });
});
