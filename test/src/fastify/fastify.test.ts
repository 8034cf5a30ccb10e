import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import multipart from '@fastify/multipart';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import defaultExport, {
  createImgwire,
  type FastifyImgwireOptions,
  imgwire,
  isImgwireError,
} from '@imgwire/fastify';
import fastify, { type FastifyInstance, type FastifyRequest, type FastifyServerOptions } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { image, imageOfSize, svg } from '../support/images.ts';
import { sha256 } from '../support/upload-suite.ts';

declare module 'fastify' {
  interface FastifyRequest {
    user?: string;
  }
}

const jpeg = await image('image/jpeg');
const large = await imageOfSize('image/jpeg', 3 * 1024 * 1024);
const file = (bytes: Uint8Array = jpeg, name = 'avatar'): Part => ({ name, fileName: 'cat.jpg', bytes });
const title: Part = { name: 'title', value: 'Katze' };
const PROBLEM = { 'content-type': 'application/problem+json; charset=utf-8' };
const NOT_AN_IMAGE = [file(svg.bytes)];

let emulator: Emulator;
let app: FastifyInstance;
const options = (own: FastifyImgwireOptions = {}): FastifyImgwireOptions => ({
  apiKey: emulator.apiKey,
  baseUrl: emulator.url,
  ...own,
});
const make = (own: FastifyServerOptions = {}): FastifyInstance => {
  app = fastify(own);
  return app;
};
const listen = (): Promise<string> => app.listen({ port: 0, host: '127.0.0.1' });
/** POST /avatar of a scope, which answers the id and the title. */
const avatar = (scope: FastifyInstance, path = '/avatar'): void => {
  scope.post(path, { preHandler: scope.imgwire.single('avatar') }, async ({ image: stored, body }) => ({
    id: stored?.id,
    body,
  }));
};
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(async () => {
  app.server.closeAllConnections?.();
  await app.close();
  await emulator.close();
});

const expectStored = async (url: string, bytes: Uint8Array = jpeg): Promise<void> => {
  const answer = await postForm(url, [title, file(bytes)]);
  expect(answer.json).toEqual({ id: expect.any(String), body: { title: 'Katze' } });
  expect(emulator.images.sha256(answer.json.id)).toBe(sha256(bytes));
};

it('is the default export too', () => {
  make();
  expect(defaultExport).toBe(imgwire);
});

describe('the plugin', () => {
  it('puts the images on the request, and the text in its body', async () => {
    await make().register(imgwire, options());
    app.post('/any', { preHandler: app.imgwire.any() }, async (request) => ({
      first: request.image?.id === request.images?.[0]?.id,
      all: request.images?.length,
      fields: Object.keys(request.imgwire?.byField ?? {}),
      body: request.body,
    }));
    const answer = await postForm(`${await listen()}/any`, [file(), title, file(jpeg, 'photo')]);
    expect(answer.json).toEqual({
      first: true,
      all: 2,
      fields: ['avatar', 'photo'],
      body: { title: 'Katze' },
    });
  });

  it('leaves an image that the application has decorated requests with, except on its routes', async () => {
    make().decorateRequest('image', 'theirs' as never);
    await app.register(imgwire, options());
    app.get('/', async (request) => ({ image: request.image }));
    avatar(app);
    const url = await listen();
    expect(await (await fetch(url)).json()).toEqual({ image: 'theirs' });
    await expectStored(`${url}/avatar`);
  });

  it('asks with the request of Fastify, in the async context of its hooks', async () => {
    const storage = new AsyncLocalStorage<string>();
    const asked: unknown[] = [];
    make().addHook('onRequest', (request, _reply, done) => {
      request.user = 'alice';
      storage.run('context', done);
    });
    const authorize: FastifyImgwireOptions['authorize'] = ({ user, routeOptions }) => {
      asked.push(user, routeOptions.url, storage.getStore());
      return true;
    };
    await app.register(
      imgwire,
      options({
        authorize,
        metadata: ({ user }, { fields }) => {
          asked.push(user, fields['title'], storage.getStore());
          return {};
        },
      }),
    );
    avatar(app);
    await expectStored(`${await listen()}/avatar`);
    expect(asked).toEqual(['alice', '/avatar', 'context', 'alice', 'Katze', 'context']);
  });

  it('names a wrong option, and a wrong rule', async () => {
    await make().register(imgwire, options());
    expect(() => app.imgwire.single('avatar', { maxPixel: 1 } as never)).toThrow(
      'app.imgwire.single(): unknown option "maxPixel"',
    );
    expect(() => app.imgwire.uploadViaUrl({ allowedHosts: ['a.example'], limits: {} } as never)).toThrow(
      'app.imgwire.uploadViaUrl(): unknown option "limits"',
    );
    expect(() => app.imgwire.uploadToken({} as never)).toThrow('"authorize" is required');
    const wrong = fastify();
    void wrong.register(imgwire, options({ prefix: '/x' } as never));
    await expect(wrong.ready()).rejects.toThrow('@imgwire/fastify: unknown option "prefix"');
  });

  it('takes forms that inject() sends, and issues tokens to it', async () => {
    await make().register(imgwire, options());
    avatar(app);
    app.all('/token', app.imgwire.uploadToken({ authorize: () => true }));
    const form = new FormData();
    form.set('title', 'Katze');
    form.set('avatar', new Blob([jpeg]), 'cat.jpg');
    const encoded = {
      headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
      payload: encodeForm([title, file(large)]),
    };
    const refused = { ...encoded, payload: encodeForm(NOT_AN_IMAGE) };
    const answers = [];
    for (const sent of [{ payload: form }, encoded, refused]) {
      answers.push(await app.inject({ method: 'POST', url: '/avatar', ...sent }));
    }
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 415]);
    expect(answers[1]?.json()).toMatchObject({ body: { title: 'Katze' } });
    expect(answers[2]?.json()).toMatchObject({ code: 'UNSUPPORTED_IMAGE_TYPE' });
    expect((await app.inject({ method: 'POST', url: '/token' })).json()).toHaveProperty('uploadToken');
    expect((await app.inject({ method: 'GET', url: '/token' })).statusCode).toBe(405);
  });

  it('takes files above the bodyLimit of Fastify', async () => {
    await make({ bodyLimit: 1024 }).register(imgwire, options());
    avatar(app);
    await expectStored(`${await listen()}/avatar`, large);
  });

  it('takes forms over HTTP/2', async () => {
    const http2 = fastify({ http2: true });
    app = http2 as never;
    await http2.register(imgwire, options());
    http2.post('/avatar', { preHandler: http2.imgwire.single('avatar') }, async (request) => request.image);
    const session = connect(await listen());
    const post = async (parts: readonly Part[]): Promise<object> => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/avatar',
        'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      });
      stream.end(encodeForm(parts));
      return JSON.parse(Buffer.concat(await stream.toArray()).toString());
    };
    expect(await post([file(large)])).toHaveProperty('id');
    expect(await post(NOT_AN_IMAGE)).toMatchObject({ status: 415, code: 'UNSUPPORTED_IMAGE_TYPE' });
    session.destroy();
  });
});

describe('beside other parsers', () => {
  const register = (scope: FastifyInstance): PromiseLike<unknown> => scope.register(imgwire, options());
  /** POST /theirs, which reads the form with `@fastify/multipart`. */
  const theirs = (scope: FastifyInstance): void => {
    scope.post('/theirs', async (request) => {
      const names: string[] = [];
      for await (const part of request.parts()) {
        names.push(part.fieldname);
        if (part.type === 'file') part.file.resume();
      }
      return names;
    });
  };
  const ORDERS: Readonly<Record<string, () => Promise<void>>> = {
    'before it': async () => {
      await app.register(multipart);
      await register(app);
      avatar(app);
      theirs(app);
    },
    'after it': async () => {
      await register(app);
      await app.register(multipart);
      avatar(app);
      theirs(app);
    },
    'in the scope around it': async () => {
      await app.register(multipart);
      theirs(app);
      await app.register(async (scope) => {
        await register(scope);
        avatar(scope);
      });
    },
    'in a scope in its own': async () => {
      await register(app);
      avatar(app);
      await app.register(async (scope) => {
        await scope.register(multipart);
        theirs(scope);
      });
    },
    'in a scope beside it': async () => {
      await app.register(async (scope) => {
        await scope.register(multipart);
        theirs(scope);
      });
      await app.register(async (scope) => {
        await register(scope);
        avatar(scope);
      });
    },
  };

  it.each(Object.entries(ORDERS))('works with @fastify/multipart %s', async (_order, build) => {
    make();
    await build();
    const url = await listen();
    await expectStored(`${url}/avatar`, large);
    expect((await postForm(`${url}/theirs`, [title, file()])).json).toEqual(['title', 'avatar']);
  });

  it('keeps its forms from an @fastify/multipart that attaches the fields to the body', async () => {
    await make().register(multipart, { attachFieldsToBody: 'keyValues' });
    await register(app);
    avatar(app);
    app.post('/theirs', async ({ body }) => body);
    const url = await listen();
    await expectStored(`${url}/avatar`);
    expect((await postForm(`${url}/theirs`, [title])).json).toEqual({ title: 'Katze' });
  });

  it.each([
    ['*', { parseAs: 'buffer' }],
    ['*', {}],
    ['multipart/form-data', { parseAs: 'buffer' }],
    [/^multipart\//, { parseAs: 'buffer' }],
  ] as const)('leaves forms to other routes to a parser of %s, %j', async (type, parse) => {
    const read = async (
      _request: FastifyRequest,
      payload: IncomingMessage | Buffer | string,
    ): Promise<object> => ({
      length: (typeof payload === 'object' && 'toArray' in payload
        ? Buffer.concat(await payload.toArray())
        : payload
      ).length,
    });
    make().addContentTypeParser(type as string, parse as { parseAs: 'buffer' }, read);
    await register(app);
    avatar(app);
    app.post('/theirs', async ({ body }) => body);
    const url = await listen();
    await expectStored(`${url}/avatar`, large);
    const { json } = await postForm(`${url}/theirs`, [title]);
    expect(json).toEqual({ length: encodeForm([title]).length });
  });

  it('answers forms to other routes as Fastify does without it', async () => {
    const plain = fastify();
    plain.post('/json', async () => 'read');
    await make().register(imgwire, options());
    avatar(app);
    app.post('/json', async () => 'read');
    await app.register(async (scope) => {
      scope.post('/scope/json', async () => 'read');
    });
    const send = { headers: { 'content-type': 'multipart/form-data; boundary=x' }, payload: '--x--\r\n' };
    for (const path of ['/json', '/none']) {
      const [without, own] = await Promise.all(
        [plain, app].map((each) => each.inject({ method: 'POST', url: path, ...send })),
      );
      expect([own?.statusCode, own?.json()]).toEqual([without?.statusCode, without?.json()]);
    }
    expect((await app.inject({ method: 'POST', url: '/json', ...send })).statusCode).toBe(415);
    expect((await app.inject({ method: 'POST', url: '/scope/json', ...send })).statusCode).toBe(415);
  });

  it('takes a form whose type a hook has read before, with a parser that lets it through', async () => {
    make().addHook('onRequest', async (request) => expect(request.mediaType).toBe('multipart/form-data'));
    app.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null));
    await register(app);
    avatar(app);
    await expectStored(`${await listen()}/avatar`);
  });

  it('shows hooks and handlers the headers as they were sent', async () => {
    await make().register(imgwire, options());
    app.post('/avatar', { preHandler: app.imgwire.single('avatar') }, async ({ headers, mediaType }) => ({
      type: headers['content-type'],
      mediaType,
    }));
    const { json } = await postForm(`${await listen()}/avatar`, [file()]);
    expect(json).toEqual({
      type: `multipart/form-data; boundary=${BOUNDARY}`,
      mediaType: 'multipart/form-data',
    });
  });
});

describe('as preValidation', () => {
  const body = {
    type: 'object',
    properties: { title: { type: 'string', maxLength: 10 }, year: { type: 'integer' } },
    required: ['year'],
    additionalProperties: false,
  };

  it.each([
    ['of the body', body],
    ['of a type of body', { content: { 'multipart/form-data': { schema: body } } }],
  ])('lets the schema %s see the text of the form', async (_which, schema) => {
    await make().register(imgwire, options({ discardOnError: true }));
    app.post(
      '/avatar',
      { schema: { body: schema }, preValidation: app.imgwire.single('avatar') },
      async (request) => ({ body: request.body, images: request.images?.length }),
    );
    const url = `${await listen()}/avatar`;
    const stored = await postForm(url, [file(), title, { name: 'year', value: '2026' }]);
    expect(stored.json).toEqual({ body: { title: 'Katze', year: 2026 }, images: 1 });
    const refused = await postForm(url, [file(), { name: 'year', value: 'never' }]);
    expect(refused).toMatchObject({ status: 400, json: { code: 'FST_ERR_VALIDATION' } });
    await expect.poll(() => emulator.images.list()).toHaveLength(1);
  });
});

describe('a failure', () => {
  const refuse = async (): Promise<Awaited<ReturnType<typeof postForm>>> =>
    postForm(`${await listen()}/avatar`, NOT_AN_IMAGE);
  const details = {
    title: 'Unsupported Media Type',
    status: 415,
    detail: expect.stringContaining('not an image of an accepted type'),
    code: 'UNSUPPORTED_IMAGE_TYPE',
    field: 'avatar',
    fileName: 'cat.jpg',
  };

  it('is answered with problem details, and the headers of the error', async () => {
    await make().register(imgwire, options({ maxAttempts: 1 }));
    avatar(app);
    expect(await refuse()).toMatchObject({ status: 415, headers: PROBLEM, json: details });
    emulator.faults.add({ route: 'create', status: 429, headers: { 'retry-after': '7' } });
    const url = `http://127.0.0.1:${(app.server.address() as { port: number }).port}`;
    const busy = await postForm(`${url}/avatar`, [file()]);
    expect(busy).toMatchObject({ status: 503, headers: { ...PROBLEM, 'retry-after': '7' } });
    expect(busy.json).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryAfter: 7 });
  });

  it('of a call in a handler is answered likewise', async () => {
    await make().register(imgwire, options());
    app.get('/image', async () => app.imgwire.instance.retrieve('00000000-0000-4000-8000-000000000000'));
    const answer = await app.inject('/image');
    expect(answer.json()).toMatchObject({ status: 404, code: 'IMAGE_NOT_FOUND' });
    expect(answer.headers).toMatchObject(PROBLEM);
  });

  it('is seen by the error handler of the application, whose answer stands', async () => {
    make();
    void app.register(imgwire, options());
    // Set before the plugin is loaded, and in its scope.
    app.setErrorHandler((error, _request, reply) =>
      reply.code(418).send({ ours: isImgwireError(error), type: 'teapot' }),
    );
    await app.after();
    avatar(app);
    const answer = await refuse();
    expect(answer).toMatchObject({ status: 418, json: { ours: true, type: 'teapot' } });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it.each(['throws it', 'sends it'])('is problem details if that handler %s again', async (how) => {
    const seen: unknown[] = [];
    make({ allowErrorHandlerOverride: false } as FastifyServerOptions);
    await app.register(imgwire, options());
    app.setErrorHandler((error, _request, reply) => {
      seen.push(error);
      if (how === 'throws it') throw error;
      return reply.send(error);
    });
    avatar(app);
    expect(await refuse()).toMatchObject({ status: 415, headers: PROBLEM, json: details });
    expect(seen).toEqual([expect.objectContaining({ code: 'UNSUPPORTED_IMAGE_TYPE' })]);
  });

  it('of Fastify or of a handler is answered as without the plugin', async () => {
    await make().register(imgwire, options());
    app.get('/broken', async () => {
      throw new Error('broken');
    });
    expect((await app.inject('/broken')).json()).toEqual({
      statusCode: 500,
      error: 'Internal Server Error',
      message: 'broken',
    });
  });

  it('has the properties that a response schema of the route picks', async () => {
    await make().register(imgwire, options());
    const text = { type: 'string' };
    const schema = { type: 'object', properties: { code: text, title: text, detail: text, field: text } };
    const preHandler = app.imgwire.single('avatar');
    app.post('/avatar', { preHandler, schema: { response: { '4xx': schema } } }, async () => ({}));
    const { code, title: of, detail, field } = details;
    const { status, json } = await refuse();
    expect({ status, json }).toEqual({ status: 415, json: { code, title: of, detail, field } });
  });

  it('is described by a response schema of problem details', async () => {
    await make().register(imgwire, options());
    const content = {
      'application/problem+json': { schema: { type: 'object', additionalProperties: true } },
    };
    const preHandler = app.imgwire.single('avatar');
    app.post('/avatar', { preHandler, schema: { response: { 415: { content } } } }, async () => ({}));
    expect(await refuse()).toMatchObject({ status: 415, headers: PROBLEM, json: details });
  });
});

describe('scopes', () => {
  it('have a connection each', async () => {
    const other = await startEmulator();
    make();
    const own = { apiKey: other.apiKey, baseUrl: other.url };
    await app.register(imgwire, options({ limits: { fileSize: 100 } }));
    avatar(app);
    await app.register(async (scope) => {
      await scope.register(imgwire, own);
      avatar(scope, '/inner');
    });
    const url = await listen();
    expect((await postForm(`${url}/inner`, [file()])).status).toBe(200);
    expect((await postForm(`${url}/avatar`, [file(large)])).status).toBe(413);
    expect([emulator.images.list().length, other.images.list().length]).toEqual([0, 1]);
    await other.close();
  });

  it('beside the one that registers it do not have it', async () => {
    await make().register(async (scope) => {
      await scope.register(imgwire, options());
      expect(scope.hasDecorator('imgwire')).toBe(true);
    });
    expect(app.hasDecorator('imgwire')).toBe(false);
  });
});

describe('when the application closes', () => {
  it('an upload in flight finishes, and then the connection is closed', async () => {
    await make().register(imgwire, options());
    avatar(app);
    const body = encodeForm([file(large)]);
    const post = openPost(`${await listen()}/avatar`, body.length);
    await post.write(body.subarray(0, 2_000_000));
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'create'));
    const closed = app.close();
    post.request.end(body.subarray(2_000_000));
    expect((await post.answer).status).toBe(200);
    await closed;
    const late = app.imgwire.instance.upload({ file: jpeg });
    await expect(late).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('a connection that it was given stays open', async () => {
    const connection = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    await make().register(imgwire, { imgwire: connection });
    expect(app.imgwire.instance).toBe(connection);
    await app.close();
    expect(await connection.upload({ file: jpeg })).toHaveProperty('id');
    await connection.close();
  });
});

it('ends an upload whose route runs out of time while it arrives, and undoes it', async () => {
  await make({ handlerTimeout: 1000 } as FastifyServerOptions).register(imgwire, options());
  avatar(app);
  const body = encodeForm([file(large)]);
  const post = openPost(`${await listen()}/avatar`, body.length);
  await post.write(body.subarray(0, 2_000_000));
  const answer = await post.answer;
  expect(answer).toMatchObject({ status: 503, json: { code: 'FST_ERR_HANDLER_TIMEOUT' } });
  await expect.poll(() => emulator.images.list()).toEqual([]);
  post.request.destroy();
});

it('tells onRequestAbort of a client that leaves, and undoes its upload', async () => {
  await make().register(imgwire, options());
  avatar(app);
  const aborted = new Promise<void>((resolve) => {
    app.addHook('onRequestAbort', (_request, done) => {
      resolve();
      done();
    });
  });
  const body = encodeForm([file(large)]);
  const post = openPost(`${await listen()}/avatar`, body.length);
  post.request.on('error', () => undefined);
  await post.write(body.subarray(0, 2_000_000));
  await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'create'));
  post.request.destroy();
  await aborted;
  await expect.poll(() => emulator.images.list()).toEqual([]);
});
