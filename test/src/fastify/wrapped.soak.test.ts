import auth from '@fastify/auth';
import multipart from '@fastify/multipart';
import { FastifyOtelInstrumentation } from '@fastify/otel';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwire, type UploadHook } from '@imgwire/fastify';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import fastify, { type FastifyInstance, type FastifyRequest, type RouteOptions } from 'fastify';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { endChild, startChild } from '../support/child.ts';
import { type Answer, encodeForm, type Part, postForm } from '../support/client.ts';
import { image, imageOfSize, svg } from '../support/images.ts';
import { sample } from '../support/sample.ts';
import { sha256 } from '../support/upload-suite.ts';

const jpeg = await image('image/jpeg');
const large = await imageOfSize('image/jpeg', 1024 * 1024);
const title: Part = { name: 'title', value: 'Katze' };
const form = (bytes: Uint8Array = jpeg): Part[] => [title, { name: 'avatar', fileName: 'cat.jpg', bytes }];

let emulator: Emulator;
let app: FastifyInstance;
let warnings: string[];
const warned = ({ message }: Error): void => void warnings.push(message);
beforeEach(async () => {
  emulator = await startEmulator();
  warnings = [];
  process.on('warning', warned);
});
afterEach(async () => {
  process.off('warning', warned);
  app.server.closeAllConnections();
  await app.close();
  await emulator.close();
});

const answer = async ({ image: stored, body }: FastifyRequest): Promise<object> => ({ id: stored?.id, body });
const register = async (scope: FastifyInstance): Promise<void> => {
  await scope.register(imgwire, { apiKey: emulator.apiKey, baseUrl: emulator.url });
};
const listen = (): Promise<string> => app.listen({ port: 0, host: '127.0.0.1' });
const expectStored = async (url: string, bytes: Uint8Array = jpeg): Promise<void> => {
  const { status, json } = await postForm(`${url}/avatar`, form(bytes));
  expect({ status, json }).toEqual({
    status: 200,
    json: { id: expect.any(String), body: { title: 'Katze' } },
  });
  expect(emulator.images.sha256(json.id)).toBe(sha256(bytes));
};

/** Replaces each hook of each route, as tracers do. */
const wrapEach = (route: RouteOptions): void => {
  for (const name of ['onRequest', 'preValidation', 'preHandler'] as const) {
    if (!route[name]) continue;
    route[name] = [route[name]].flat().map(
      (hook) =>
        function wrapped(this: FastifyInstance, ...given: unknown[]) {
          return (hook as unknown as (...all: unknown[]) => unknown).apply(this, given);
        },
    ) as never;
  }
};

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const otel = (registerOnInitialization: boolean): FastifyOtelInstrumentation => {
  const instrumentation = new FastifyOtelInstrumentation({ registerOnInitialization });
  instrumentation.setTracerProvider(tracerProvider);
  return instrumentation;
};

/** What is in front of the plugin, and replaces the hooks that are given to Fastify. */
const TRACERS: Readonly<Record<string, () => Promise<FastifyInstance>>> = {
  'without a tracer': async () => fastify(),
  'under @fastify/otel': async () => {
    const made = fastify();
    await made.register(otel(false).plugin() as never);
    return made;
  },
  'under @fastify/otel that registers itself': async () => {
    const instrumentation = otel(true);
    const made = fastify();
    // The next application is another test's.
    instrumentation.disable();
    return made;
  },
  'behind an onRoute that wraps': async () => {
    const made = fastify();
    made.addHook('onRoute', wrapEach);
    return made;
  },
};

const avatar = (scope: FastifyInstance, path = '/avatar'): void => {
  scope.post(path, { preHandler: scope.imgwire.single('avatar') }, answer);
};
const inFunction = (scope: FastifyInstance, mark = {}): void => {
  const upload = scope.imgwire.single('avatar');
  const preHandler: UploadHook = async (request, reply) => upload(request, reply);
  scope.post('/avatar', { preHandler, ...mark }, answer);
};

/** Where the hook of POST /avatar stands. */
const PLACES: Readonly<Record<string, (scope: FastifyInstance) => void | Promise<void>>> = {
  'as preHandler': (scope) => avatar(scope),
  'as preValidation': (scope) => {
    scope.post('/avatar', { preValidation: scope.imgwire.single('avatar') }, answer);
  },
  'in an array': (scope) => {
    const preHandler = [async () => undefined, scope.imgwire.single('avatar')];
    scope.route({ method: ['POST', 'PUT'], url: '/avatar', preHandler, handler: answer });
  },
  'as onRequest': (scope) => {
    scope.post('/avatar', { onRequest: scope.imgwire.single('avatar') }, answer);
  },
  'as a preHandler of the scope': async (scope) => {
    await scope.register(async (inner) => {
      inner.post('/avatar', answer);
      inner.addHook('preHandler', inner.imgwire.single('avatar'));
    });
  },
  'as an onRequest of the scope': async (scope) => {
    await scope.register(async (inner) => {
      inner.addHook('onRequest', inner.imgwire.single('avatar'));
      inner.post('/avatar', answer);
    });
  },
};

/** Likewise, where Fastify is never given the hook itself. */
const HIDDEN: Readonly<Record<string, (scope: FastifyInstance, mark?: object) => void | Promise<void>>> = {
  'in a function of the application': inFunction,
  'in a preValidation of the application': (scope, mark = {}) => {
    const upload = scope.imgwire.single('avatar');
    scope.post('/avatar', { preValidation: (request, reply) => upload(request, reply), ...mark }, answer);
  },
  'bound to the application': (scope, mark = {}) => {
    scope.post('/avatar', { preHandler: scope.imgwire.single('avatar').bind(scope), ...mark }, answer);
  },
  'in app.auth() of @fastify/auth': async (scope, mark = {}) => {
    await scope.register(auth);
    const preHandler = scope.auth([scope.imgwire.single('avatar') as never]);
    scope.post('/avatar', { preHandler, ...mark }, answer);
  },
};

const theirs = (scope: FastifyInstance): void => {
  scope.post('/theirs', { preHandler: async () => undefined }, async (request) => {
    if (!scope.hasRequestDecorator('parts')) return request.body;
    const names: string[] = [];
    for await (const part of request.parts()) {
      names.push(part.fieldname);
      if (part.type === 'file') part.file.resume();
    }
    return names;
  });
};
const readAll = { parseAs: 'buffer' } as const;
const lengthOf = async (_request: FastifyRequest, body: Buffer): Promise<object> => ({ length: body.length });

/** The other parsers of the scope, and what they make of a form to another route: without one, Fastify refuses it. */
const PARSERS: Readonly<Record<string, readonly [(scope: FastifyInstance) => Promise<void>, object]>> = {
  'no other parser': [async () => undefined, { status: 415 }],
  '@fastify/multipart': [
    async (scope) => void (await scope.register(multipart)),
    { status: 200, json: ['title', 'avatar'] },
  ],
  'a parser that reads everything': [
    async (scope) => void scope.addContentTypeParser('*', readAll, lengthOf),
    { status: 200, json: { length: encodeForm(form()).length } },
  ],
};

const tracers = Object.entries(TRACERS);
const cases = (places: object): [string, string][] =>
  Object.keys(places).flatMap((place) =>
    Object.keys(PARSERS).map((parser): [string, string] => [place, parser]),
  );

describe.each(tracers)('an upload hook %s', (tracer, make) => {
  // What wraps one hook wraps all: every place without a tracer, and some under each.
  const some = tracer === 'without a tracer' ? <T>(all: readonly T[]): readonly T[] => all : sample;
  const start = async (
    parser: string,
    add: (scope: FastifyInstance) => void | Promise<void>,
  ): Promise<string> => {
    app = await make();
    await PARSERS[parser]?.[0](app);
    await register(app);
    theirs(app);
    await add(app);
    return listen();
  };
  const expectTheirs = async (url: string, parser: string): Promise<Answer> => {
    const their = await postForm(`${url}/theirs`, form());
    expect(their).toMatchObject(PARSERS[parser]?.[1] ?? {});
    return their;
  };

  it.each(some(cases(PLACES)))('takes its form %s, beside %s', async (place, parser) => {
    const url = await start(parser, (scope) => PLACES[place]?.(scope));
    await expectStored(url, large);
    await expectTheirs(url, parser);
    expect(warnings).toEqual([]);
  });

  it.each(some(cases(HIDDEN).filter(([, parser]) => parser !== 'a parser that reads everything')))(
    'takes its form %s, beside %s, though Fastify is not given it',
    async (place, parser) => {
      const url = await start(parser, (scope) => HIDDEN[place]?.(scope));
      await expectStored(url, large);
      await expectTheirs(url, parser);
    },
  );

  it.each(some(cases(HIDDEN)))(
    'takes its form %s, beside %s, on a route that says so',
    async (place, parser) => {
      const url = await start(parser, (scope) => HIDDEN[place]?.(scope, { config: { imgwire: true } }));
      await expectStored(url, large);
      await expectTheirs(url, parser);
      expect(warnings).toEqual([]);
    },
  );

  it.each(some(Object.keys(PARSERS)))(
    'takes its form in a handler whose route says so, beside %s',
    async (parser) => {
      const url = await start(parser, (scope) => {
        const upload = scope.imgwire.single('avatar');
        scope.post('/avatar', { config: { imgwire: true } }, async (request, reply) => {
          await upload(request, reply);
          return answer(request);
        });
      });
      await expectStored(url, large);
      await expectTheirs(url, parser);
      expect(warnings).toEqual([]);
    },
  );

  it('that was not called is refused at start', async () => {
    app = await make();
    await register(app);
    const route = (): unknown => app.post('/any', { preHandler: app.imgwire.any as never }, answer);
    expect(route).toThrow('app.imgwire.any was used as a hook without being called');
  });
});

describe('a hook that Fastify is not given', () => {
  it('is told of at start, with what to write', async () => {
    app = fastify();
    await register(app);
    avatar(app, '/known');
    await inFunction(app);
    await app.ready();
    await expect.poll(() => warnings).toHaveLength(1);
    expect(warnings[0]).toContain('app.imgwire.single()');
    expect(warnings[0]).toContain('config: { imgwire: true }');
  });

  it('is not told of where it was made for a request, nor where no upload hook was made', async () => {
    app = fastify();
    await register(app);
    app.post('/avatar', { config: { imgwire: true } }, async (request, reply) => {
      await app.imgwire.single('avatar')(request, reply);
      return answer(request);
    });
    await expectStored(await listen());
    expect(warnings).toEqual([]);
  });

  it('says what to write when another parser has read its form', async () => {
    app = fastify();
    app.addContentTypeParser('*', readAll, lengthOf);
    await register(app);
    await inFunction(app);
    const { status, json } = await postForm(`${await listen()}/avatar`, form());
    expect(status).toBe(500);
    expect(json).toMatchObject({
      code: 'BODY_ALREADY_READ',
      detail: expect.stringContaining('config: { imgwire: true }'),
    });
  });

  it('lets no form to a handler whose hooks do not call it', async () => {
    app = fastify();
    await register(app);
    await inFunction(app);
    const ran: unknown[] = [];
    app.post('/json', { preHandler: async () => undefined }, async () => ran.push('handler'));
    await app.register(async (inner) => void inner.post('/inner', async () => ran.push('handler')));
    const plain = fastify();
    for (const path of ['/json', '/inner']) plain.post(path, async () => undefined);
    const url = await listen();
    for (const path of ['/json', '/inner', '/none']) {
      for (const type of ['multipart/form-data; boundary=x', 'application/xml', 'nothing', undefined]) {
        const headers = type === undefined ? {} : { 'content-type': type };
        const sent = { method: 'POST', url: path, headers, payload: Buffer.from('--x--\r\n') } as const;
        const [own, without] = await Promise.all([app.inject(sent), plain.inject(sent)]);
        expect([own.statusCode, own.json(), own.headers.connection], `${path} ${type}`).toEqual([
          without.statusCode,
          without.json(),
          without.headers.connection,
        ]);
      }
    }
    expect(ran).toEqual([]);
    await expectStored(url);
    await plain.close();
  });
});

it('is traced by @fastify/otel with the hook and the handler', async () => {
  exporter.reset();
  app = fastify();
  await app.register(otel(false).plugin() as never);
  await register(app);
  avatar(app);
  await expectStored(await listen());
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'request',
      expect.stringContaining('preHandler - '),
      expect.stringContaining('handler - '),
    ]),
  );
});

// It takes a process seconds to load Sentry, which wraps the hooks with @fastify/otel.
if (inject('soak')) {
  it('takes forms under the Fastify integration that Sentry turns on by itself', async () => {
    app = fastify();
    const child = await startChild('sentry-server.ts', { apiKey: emulator.apiKey, baseUrl: emulator.url });
    try {
      const { url, wrapped } = JSON.parse(child.line) as { url: string; wrapped: boolean };
      expect(wrapped).toBe(true);
      await expectStored(url, large);
      const refused = await postForm(`${url}/avatar`, form(svg.bytes));
      expect(refused).toMatchObject({ status: 415, json: { code: 'UNSUPPORTED_IMAGE_TYPE' } });
      expect((await postForm(`${url}/theirs`, form())).status).toBe(415);
      expect((await postForm(`${url}/hidden`, form())).status).toBe(200);
    } finally {
      await endChild(child);
    }
  });
}
