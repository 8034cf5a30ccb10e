import { createServer } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireErrorHandler, imgwireUpload, type Logger, reportFault } from '@imgwire/express';
import { imgwire as fastifyImgwire } from '@imgwire/fastify';
import express5, { type Express, type Request, type Response, raw } from 'express';
import express4 from 'express4';
import fastify, { type FastifyServerOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Part, postForm } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { makeImage } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { TARGETS, type TargetOptions } from '../support/targets.ts';
import { TOKEN_TARGETS } from '../support/token-targets.ts';
import { throughTransports } from '../support/transports.ts';
import { overRest } from '../support/upload-suite.ts';

// Who runs the server hears of what only they can mend, once, with its causes; of a client's mistakes they do not.

const file = (name: string, bytes: Buffer): Part[] => [{ name: 'avatar', fileName: name, bytes }];
const png = file('a.png', await makeImage('image/png', { width: 3, height: 2 }));
const text = file('a.txt', Buffer.from('hello'));

type Connect = (emulator: Pick<Emulator, 'url' | 'apiKey'>) => TargetOptions;

/** What somebody at the server has done wrong, and what the log says of it. */
interface Fault {
  readonly status: number;
  readonly says: RegExp;
  options(connect: Connect, emulator: Emulator): TargetOptions | Promise<TargetOptions>;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'a key that is wrong': {
    status: 502,
    says: /\b401\b/,
    options: (connect, { url }) => connect({ url, apiKey: 'sk_of_another_environment' }),
  },
  'a service that is not running': {
    status: 503,
    says: /ECONNREFUSED|fetch failed/,
    options: async (connect, { apiKey }) => connect({ url: `http://127.0.0.1:${await freePort()}`, apiKey }),
  },
  'an authorize that answered with an object': {
    status: 403,
    says: /authorize returned an object: it must return true or false/,
    options: (connect, emulator) => ({
      ...connect(emulator),
      authorize: (async () => ({ id: 'of-alice' })) as never,
    }),
  },
  'a scan that returned an object': {
    status: 422,
    says: /scan returned an object: it must return true, false or a reason/,
    options: (connect, emulator) => ({
      ...connect(emulator),
      scan: (async () => ({ isInfected: false })) as never,
    }),
  },
  'a scanner that is not running': {
    status: 503,
    says: /clamd is gone/,
    options: (connect, emulator) => ({
      ...connect(emulator),
      scan: async () => {
        throw new Error('clamd is gone');
      },
    }),
  },
};

/** A logger that keeps what it is told: a line with the whole chain of causes. */
function keeping(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const error = (context: object, message: string): void => {
    const chain: string[] = [message];
    for (let { err } = context as { err?: Error }; err; err = err.cause as Error) chain.push(String(err));
    lines.push(chain.join(' < '));
  };
  return { logger: { error }, lines };
}

/** The answer is there before its handler has come back from the log. */
const answering = TARGETS.filter(({ name }) => /Express|web|Nest/.test(name));

describe.each(throughTransports(answering))('on $name, over $transport', ({ target, connect }) => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator.close());

  it.each(Object.entries(FAULTS))('%s is logged once, with its cause', async (_name, fault) => {
    const { logger, lines } = keeping();
    const options = await fault.options(connect, emulator);
    const app = await target.start({ ...options, logger, maxAttempts: 1 });
    const answer = await postForm(`${app.url}/single`, png);
    await app.close();
    expect(answer.status).toBe(fault.status);
    expect(lines).toEqual([expect.stringMatching(fault.says)]);
    expect(lines.join()).not.toMatch(/sk_|alice/);
  });

  it("a client's mistake is not logged", async () => {
    const { logger, lines } = keeping();
    const app = await target.start({ ...connect(emulator), logger });
    const answer = await postForm(`${app.url}/single`, text);
    const many = await postForm(`${app.url}/single`, [...png, ...png]);
    await app.close();
    expect([answer.status, many.status]).toEqual([415, 400]);
    expect(lines).toEqual([]);
  });
});

describe.each(throughTransports(TOKEN_TARGETS))(
  'the token endpoint on $name, over $transport',
  ({ target, connect }) => {
    let emulator: Emulator;
    beforeAll(async () => {
      emulator = await startEmulator();
    });
    afterAll(() => emulator.close());
    const fail = (): never => {
      throw new Error('the database is down');
    };

    it.each([
      ['a key that is wrong', {}, 502, /\b401\b/],
      ['a database that is down in authorize', { authorize: fail }, 503, /the database is down/],
      ['a database that is down in rateLimit', { rateLimit: fail }, 503, /the database is down/],
      ['a database that is down in onIssued', { onIssued: fail }, 503, /the database is down/],
      ['an authorize that answered undefined', { authorize: () => undefined }, 403, /returned undefined/],
    ])('logs %s once, with its cause', async (name, rules, status, says) => {
      const { logger, lines } = keeping();
      const apiKey = name.includes('key') ? 'sk_of_another_environment' : emulator.apiKey;
      const connection = { ...connect({ url: emulator.url, apiKey }), logger };
      const app = await target.start(connection, { authorize: () => true, ...rules } as never);
      const answer = await fetch(`${app.url}/token`, { method: 'POST' });
      await app.close();
      expect(answer.status).toBe(status);
      expect(lines).toEqual([expect.stringMatching(says)]);
    });

    it.each([
      ['is not allowed', { authorize: () => false }, 403],
      ['comes too often', { rateLimit: () => 3 }, 429],
    ])('does not log a client that %s', async (_name, rules, status) => {
      const { logger, lines } = keeping();
      const app = await target.start({ ...connect(emulator), logger }, {
        authorize: () => true,
        ...rules,
      } as never);
      const answer = await fetch(`${app.url}/token`, { method: 'POST' });
      await app.close();
      expect(answer.status).toBe(status);
      expect(lines).toEqual([]);
    });
  },
);

const APPS: ReadonlyArray<[string, () => Express]> = [
  ['Express 4', () => express4()],
  ['Express 5', () => express5()],
];

describe.each(APPS)('without a logger, on %s', (_name, makeApp) => {
  it('a body that was read before goes to the console, once', async () => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    const emulator = await startEmulator();
    const app = makeApp();
    app.use(raw({ type: () => true }));
    app.post('/single', imgwireUpload(overRest(emulator)).single('avatar'));
    // A handler of the application's own, which logs for itself and passes on.
    app.use((failure: unknown, _req: Request, _res: Response, next: (failure: unknown) => void) => {
      reportFault(failure);
      next(failure);
    });
    app.use(imgwireErrorHandler());
    const server = createServer(app);
    const answer = await postForm(`${await listen(server)}/single`, png);
    server.close();
    await emulator.close();
    expect(answer.json).toMatchObject({ code: 'BODY_ALREADY_READ' });
    const { calls } = error.mock;
    error.mockRestore();
    expect(calls).toEqual([[expect.objectContaining({ code: 'BODY_ALREADY_READ' })]]);
  });
});

describe('Fastify', () => {
  const loggedBy = async (logger: FastifyServerOptions['logger']): Promise<unknown[][]> => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    const emulator = await startEmulator();
    const app = fastify({ logger: logger ?? false });
    await app.register(fastifyImgwire, { apiKey: 'sk_of_another_environment', baseUrl: emulator.url });
    app.post('/avatar', { preHandler: app.imgwire.single('avatar') }, () => 'stored');
    app.all('/token', app.imgwire.uploadToken({ authorize: () => true }));
    const url = await app.listen();
    expect((await postForm(`${url}/avatar`, png)).status).toBe(502);
    expect((await fetch(`${url}/token`, { method: 'POST' })).status).toBe(502);
    await app.close();
    await emulator.close();
    const { calls } = error.mock;
    error.mockRestore();
    return calls;
  };

  it('without a logger leaves a wrong key to the console, once for each request', async () => {
    const fault = {
      code: 'UPSTREAM_REJECTED',
      cause: expect.objectContaining({ message: expect.stringMatching(/401/) }),
    };
    expect(await loggedBy(false)).toEqual([
      [expect.objectContaining(fault)],
      [expect.objectContaining(fault)],
    ]);
  });

  it('with a logger leaves it to that', async () => {
    const lines: string[] = [];
    expect(await loggedBy({ stream: { write: (line) => void lines.push(line) } })).toEqual([]);
    expect(lines.filter((line) => /responded with 401.*see apiKey and baseUrl/.test(line))).toHaveLength(2);
  });

  it('with a logger that is silent leaves it at that', async () => {
    expect(await loggedBy({ level: 'silent' })).toEqual([]);
  });
});
