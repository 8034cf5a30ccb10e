import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type ImgwireEventName,
  type ImgwireOptions,
  imgwireErrorHandler,
  imgwireUploadViaUrl,
} from '@imgwire/express';
import { imgwire } from '@imgwire/fastify';
import {
  imgwireUpload as imgwireWebUpload,
  imgwireUploadViaUrl as imgwireWebUploadViaUrl,
} from '@imgwire/web';
import express5, { type Express, type NextFunction, type Request, type Response } from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { startStorage } from '../support/storage-target.ts';
import { TARGETS } from '../support/targets.ts';
import { TOKEN_TARGETS } from '../support/token-targets.ts';
import { overRest } from '../support/upload-suite.ts';
import { webListener } from '../support/web-listener.ts';

// What fails in a callback of the application is its own: its error handler gets that very error, and nothing is left at Imgwire.

const down = new Error('the database is down');
const WAYS: ReadonlyArray<readonly [string, () => never]> = [
  [
    'throws',
    () => {
      throw down;
    },
  ],
  ['rejects', () => Promise.reject(down) as never],
];
const CALLBACKS = (['authorize', 'metadata'] as const).flatMap((callback) =>
  WAYS.map(([way, fail]) => [callback, way, fail] as const),
);

/** The errors of a channel, while work goes on. */
async function errorsOf(name: ImgwireEventName, work: () => Promise<unknown>): Promise<unknown[]> {
  const errors: unknown[] = [];
  const listener = (message: unknown): void => void errors.push((message as { error: unknown }).error);
  subscribe(name, listener);
  try {
    await work();
  } finally {
    unsubscribe(name, listener);
  }
  return errors;
}

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(() => emulator.close());

const photo = async (name: string, size: number): Promise<Part> => ({
  name,
  fileName: `${name}.jpg`,
  bytes: await imageOfSize('image/jpeg', size),
});

describe.each(TARGETS)('an upload on $name', (target) => {
  it.each(CALLBACKS)('hands on the error of %s when it %s', async (callback, _way, fail) => {
    const app = await target.start({ ...overRest(emulator), [callback]: fail });
    const parts = [await photo('avatar', 600_000), await photo('other', 5000)];
    const events = await errorsOf('imgwire:request:failed', async () => {
      expect((await postForm(`${app.url}/any`, parts)).status).toBe(500);
    });
    expect(app.errors).toHaveLength(1);
    expect(app.errors[0]).toBe(down);
    expect(events).toEqual([down]);
    expect(emulator.images.list()).toEqual([]);
    await app.close();
  });

  it('deletes the files that are stored when metadata fails for a later one', async () => {
    const metadata = (_req: unknown, { fieldname }: { fieldname: string }): undefined => {
      if (fieldname === 'second') throw down;
    };
    const app = await target.start({ ...overRest(emulator), metadata });
    const parts = [await photo('first', 5000), await photo('second', 300_000)];
    expect((await postForm(`${app.url}/any`, parts)).status).toBe(500);
    expect(app.errors).toEqual([down]);
    expect(emulator.images.list()).toEqual([]);
    await app.close();
  });
});

describe('the storage engine', () => {
  it.each(WAYS)('hands on the error of metadata when it %s', async (_way, metadata) => {
    const app = await startStorage(overRest(emulator), {}, { metadata });
    expect((await postForm(`${app.url}/any`, [await photo('avatar', 600_000)])).status).toBe(500);
    expect(app.errors).toHaveLength(1);
    expect(app.errors[0]).toBe(down);
    expect(emulator.images.list()).toEqual([]);
    await app.close();
  });
});

interface Importing {
  readonly url: string;
  /** What the error handler of the framework got. */
  readonly errors: unknown[];
  close(): unknown;
}
type Rules = { readonly authorize?: () => boolean; readonly metadata?: () => undefined };
type StartImports = (connection: ImgwireOptions, rules: Rules) => Promise<Importing>;
const allowedHosts = ['images.example.com'];

const importsOnExpress =
  (make: () => Express): StartImports =>
  async (connection, rules) => {
    const errors: unknown[] = [];
    const app = make();
    app.post('/import', imgwireUploadViaUrl({ ...connection, allowedHosts, ...rules }), (_req, res) => {
      res.json({});
    });
    app.use((error: unknown, _req: Request, _res: Response, next: NextFunction) => {
      errors.push(error);
      next(error);
    });
    app.use(imgwireErrorHandler());
    app.set('env', 'test');
    const server = createServer(app);
    return { url: await listen(server), errors, close: () => server.close() };
  };

const importsOnFastify: StartImports = async (connection, rules) => {
  const errors: unknown[] = [];
  const app = fastify();
  app.setErrorHandler((error) => {
    errors.push(error);
    throw error;
  });
  await app.register(imgwire, connection as object);
  app.post('/import', { preHandler: app.imgwire.uploadViaUrl({ allowedHosts, ...rules }) }, async () => ({}));
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), errors, close: () => app.close() };
};

const importsOnWeb: StartImports = async (connection, rules) => {
  const errors: unknown[] = [];
  const route = imgwireWebUploadViaUrl({ ...connection, allowedHosts, ...rules });
  const server = createServer(
    webListener((request) =>
      route(request).catch((error: unknown) => {
        errors.push(error);
        return new globalThis.Response(null, { status: 500 });
      }),
    ),
  );
  return { url: await listen(server), errors, close: () => server.close() };
};

const IMPORTS: ReadonlyArray<readonly [string, StartImports]> = [
  ['Express 4', importsOnExpress(() => express4())],
  ['Express 5', importsOnExpress(() => express5())],
  ['Fastify', importsOnFastify],
  ['web', importsOnWeb],
];

describe.each(IMPORTS)('an import on %s', (_name, start) => {
  it.each(CALLBACKS)('hands on the error of %s when it %s', async (callback, _way, fail) => {
    const app = await start(overRest(emulator), { [callback]: fail });
    const answer = await fetch(`${app.url}/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: 'https://images.example.com/a.jpg' }),
    });
    expect(answer.status).toBe(500);
    expect(app.errors).toHaveLength(1);
    expect(app.errors[0]).toBe(down);
    expect(emulator.requests).toEqual([]);
    await app.close();
  });
});

it.each(CALLBACKS)(
  'a route of web requests rejects with the error of %s when it %s',
  async (callback, _way, fail) => {
    const route = imgwireWebUpload({ ...overRest(emulator), [callback]: fail } as object).handler(() =>
      globalThis.Response.json({}),
    );
    const body = new FormData();
    body.append('avatar', new Blob([new Uint8Array(await imageOfSize('image/jpeg', 5000))]), 'a.jpg');
    const request = new globalThis.Request('http://localhost/avatar', { method: 'POST', body });
    await expect(route(request)).rejects.toBe(down);
    expect(emulator.images.list()).toEqual([]);
  },
);

describe.each(TOKEN_TARGETS)('a token on $name', (target) => {
  it.each(['authorize', 'rateLimit', 'onIssued'])(
    'is 503 when %s fails, which an event tells with its cause',
    async (callback) => {
      for (const [, fail] of WAYS) {
        const app = await target.start({ ...overRest(emulator), logger: {} }, {
          authorize: () => true,
          [callback]: fail,
        } as never);
        const events = await errorsOf('imgwire:token:failed', async () => {
          expect((await fetch(`${app.url}/token`, { method: 'POST' })).status).toBe(503);
        });
        await app.close();
        expect(events).toEqual([expect.objectContaining({ code: 'AUTHORIZATION_UNAVAILABLE', cause: down })]);
      }
    },
  );
});

it('the backend gets the error of what its own upload reads', async () => {
  const connection = createImgwire(overRest(emulator));
  const broken = new ReadableStream({ pull: (controller) => controller.error(down) });
  await expect(connection.upload({ file: broken as never })).rejects.toSatisfy(
    (error: unknown) => error === down || (error as Error).cause === down,
  );
  await connection.close();
  expect(emulator.images.list()).toEqual([]);
});
