import { createServer, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  type ImgwireUploadViaUrlOptions,
  imgwireErrorHandler,
  imgwireUploadViaUrl,
  type UploadViaUrlRules,
} from '@imgwire/express';
import { type FastifyImgwireOptions, imgwire } from '@imgwire/fastify';
import { imgwireUploadViaUrl as imgwireWebUploadViaUrl } from '@imgwire/web';
import express5, { type ErrorRequestHandler, type Express } from 'express';
import express4 from 'express4';
import fastify, { type FastifyRequest } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../support/listen.ts';
import { inFull } from '../support/sample.ts';
import { TRANSPORTS } from '../support/transports.ts';
import { webListener } from '../support/web-listener.ts';

/** The options that do not depend on a framework's request. */
type Options = Omit<ImgwireUploadViaUrlOptions, 'authorize' | 'metadata'> & {
  readonly authorize?: () => Promise<boolean>;
  readonly metadata?: () => {
    readonly purpose?: string;
    readonly mimeType?: string;
    readonly idempotencyKey?: string;
  };
};

/** A server whose POST /import responds with the images of the request. */
type Start = (options: Options) => Promise<{ url: string; close(): Promise<unknown> }>;

const onNode =
  (makeListener: (options: Options) => RequestListener): Start =>
  async (options) => {
    const server = createServer(makeListener(options));
    return {
      url: await listen(server),
      close: async () => {
        server.closeAllConnections();
        server.close();
      },
    };
  };

const onExpress = (makeApp: () => Express): Start =>
  onNode((options) => {
    const app = makeApp();
    app.post('/import', imgwireUploadViaUrl(options), (req, res) => {
      res.json({ image: req.image, images: req.images });
    });
    app.use(imgwireErrorHandler());
    return app;
  });

const onWeb = onNode((options) =>
  webListener(
    imgwireWebUploadViaUrl(options).handler(({ image, images }) => Response.json({ image, images })),
  ),
);

const onFastify: Start = async (options) => {
  const { apiKey, baseUrl, client, requestTimeoutMs, logger, ...rules } = options;
  const connection = { apiKey, baseUrl, client, requestTimeoutMs, logger };
  // The body is read by Fastify's own parser, under the limit of the application.
  const app = fastify({ bodyLimit: 16 * 1024 });
  await app.register(imgwire, connection as FastifyImgwireOptions);
  const preHandler = app.imgwire.uploadViaUrl(rules as UploadViaUrlRules<FastifyRequest>);
  app.post('/import', { preHandler }, async ({ image, images }) => ({
    image,
    images,
  }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    url,
    close: () => {
      app.server.closeAllConnections();
      return app.close();
    },
  };
};

const APPS: ReadonlyArray<[string, Start]> = [
  ['Express 4', onExpress(() => express4())],
  ['Express 5', onExpress(() => express5())],
  ['Fastify', onFastify],
  ['web', onWeb],
];
const FAILURES = [
  [{ status: 401 }, 502, 'UPSTREAM_REJECTED'],
  [{ status: 402 }, 503, 'ACCOUNT_LIMIT_REACHED'],
  [{ status: 422, body: { detail: 'no image there' } }, 502, 'UPSTREAM_REJECTED'],
  [{ status: 500 }, 503, 'UPSTREAM_UNAVAILABLE'],
  [{ hang: true }, 504, 'UPSTREAM_TIMEOUT'],
] as const;
const SOURCE = 'https://images.example.com/a.jpg';
const FORM = 'application/x-www-form-urlencoded';

describe.each(APPS)('imports on %s', (name, startApp) => {
  let emulator: Emulator;
  let app: Awaited<ReturnType<Start>>;
  const start = async (options: Partial<Options> = {}): Promise<void> => {
    const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url, requestTimeoutMs: 500 };
    app = await startApp({ ...connection, allowedHosts: ['images.example.com'], ...options });
  };
  const post = (body: string, type = 'application/json'): Promise<Response> =>
    fetch(`${app.url}/import`, { method: 'POST', headers: { 'content-type': type }, body });
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });

  it('lets Imgwire fetch the image and puts it on the request', async () => {
    await start({ metadata: () => ({ purpose: 'migration' }) });
    emulator.faults.add({
      route: 'upload_via_url',
      status: 200,
      body: { id: 'abc', cdn_url: 'https://cdn.example/abc' },
    });
    const answer = await post(JSON.stringify({ url: SOURCE }));
    expect(await answer.json()).toMatchObject({ image: { id: 'abc' }, images: [{ id: 'abc' }] });
    expect(emulator.requests[0]?.body).toMatchObject({ url: SOURCE, purpose: 'migration' });
  });

  const answered = { route: 'upload_via_url', status: 200 } as const;
  it.each(TRANSPORTS)('tells Imgwire the type that metadata gives, over $transport', async ({ connect }) => {
    const connection = { apiKey: undefined, baseUrl: undefined, ...connect(emulator) };
    await start({ ...connection, metadata: () => ({ purpose: 'scan', mimeType: 'image/JPG' }) });
    emulator.faults.add({ ...answered, body: { id: 'abc', cdn_url: 'https://cdn.example/abc' } });
    expect((await post(JSON.stringify({ url: SOURCE }))).status).toBe(200);
    const { body } = emulator.requests[0] ?? {};
    expect(body).toMatchObject({ url: SOURCE, purpose: 'scan', mime_type: 'image/jpeg' });
  });

  it.each(['text/html', '', 5, 'image'])('takes no %j for the type of metadata', async (mimeType) => {
    await start({ metadata: () => ({ mimeType: mimeType as string }) });
    const answer = await post(JSON.stringify({ url: SOURCE }));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'INVALID_METADATA',
      detail: expect.stringMatching(/mimeType must be the MIME type of an image/),
    });
    expect(emulator.requests).toEqual([]);
  });

  it('says where the type is written, at start', async () => {
    const wrong = start({ mimeType: 'image/png' } as Partial<Options>);
    await expect(wrong).rejects.toThrow(
      /unknown option "mimeType"; return it from `metadata`: write metadata:/,
    );
    await start();
  });

  it('asks authorize before anything else', async () => {
    await start({ authorize: async () => false });
    const answer = await post(JSON.stringify({ url: SOURCE }));
    expect(answer.status).toBe(403);
    expect(emulator.requests).toEqual([]);
  });

  it.each([
    [{ url: 'http://images.example.com/a.jpg' }, 'URL_SCHEME_NOT_ALLOWED'],
    [{ url: 'https://127.0.0.1/a.jpg' }, 'URL_IP_ADDRESS_NOT_ALLOWED'],
    [{ url: 'https://evil.example/a.jpg' }, 'URL_HOST_NOT_ALLOWED'],
    [{ url: { href: SOURCE } }, 'URL_INVALID'],
    [[], 'URL_INVALID'],
    [{}, 'URL_INVALID'],
  ])('refuses %j with the code that says why', async (body, code) => {
    await start();
    const answer = await post(JSON.stringify(body));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code });
    expect(emulator.requests).toEqual([]);
  });

  it.each(inFull({ name }, 'Express 5') ? FAILURES : FAILURES.slice(0, 1))(
    'answers a failing service: %j',
    async (fault, status, code) => {
      await start();
      emulator.faults.add({ route: 'upload_via_url', times: Number.POSITIVE_INFINITY, ...fault });
      const answer = await post(JSON.stringify({ url: SOURCE }));
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ code });
    },
  );

  it.each(TRANSPORTS)(
    'answers a URL that holds no image, and logs nothing, over $transport',
    async (over) => {
      const logged: object[] = [];
      const logger = { error: (context: object) => void logged.push(context) };
      await start({ apiKey: undefined, baseUrl: undefined, ...over.connect(emulator), logger });
      const detail = 'The URL did not answer with an image.';
      const body = { detail, error_type: 'RequestError' };
      emulator.faults.add({ route: 'upload_via_url', status: 400, body });
      const answer = await post(JSON.stringify({ url: SOURCE }));
      expect(answer.status).toBe(422);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(await answer.json()).toMatchObject({
        code: 'URL_FETCH_FAILED',
        detail: 'No image could be fetched from that URL.',
      });
      expect(logged).toEqual([]);
      expect(emulator.requests).toHaveLength(1);
    },
  );

  const page = { id: 'abc', cdn_url: 'https://cdn.example/abc', status: 'QUARANTINE' };
  it.each(TRANSPORTS)(
    'refuses a page in place of an image, and deletes it, over $transport',
    async (over) => {
      await start({ apiKey: undefined, baseUrl: undefined, ...over.connect(emulator) });
      emulator.faults.add({ ...answered, body: page });
      const answer = await post(JSON.stringify({ url: SOURCE }));
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({ code: 'IMAGE_QUARANTINED' });
      expect(emulator.requests.map(({ route, path }) => [route, path.split('/').at(-1)])).toEqual([
        ['upload_via_url', 'upload_via_url'],
        ['delete', 'abc'],
      ]);
    },
  );

  it('leaves the page that was there under the key of metadata', async () => {
    await start({ metadata: () => ({ idempotencyKey: 'user-1' }) });
    emulator.faults.add({ ...answered, body: page });
    expect((await post(JSON.stringify({ url: SOURCE }))).status).toBe(422);
    expect(emulator.requests.map(({ route }) => route)).toEqual(['upload_via_url']);
  });

  it.each([
    [JSON.stringify({ url: SOURCE, more: 'x'.repeat(16 * 1024) }), 413],
    ['{', 400],
    ['', 400],
  ])('refuses the body %#', async (body, status) => {
    await start();
    expect((await post(body)).status).toBe(status);
    expect(emulator.requests).toEqual([]);
  });

  it('reads a body that says that it is JSON, and no other', async () => {
    await start();
    const body = JSON.stringify({ url: 'https://evil.example/a.jpg' });
    expect(await (await post(body, 'text/plain')).json()).toMatchObject({
      code: 'URL_INVALID',
      detail: 'Send { "url": "https://…" } as application/json, with one absolute URL.',
    });
    const json = await post(body, 'Application/JSON; charset=utf-8');
    expect(await json.json()).toMatchObject({ code: 'URL_HOST_NOT_ALLOWED' });
  });

  it('deletes the image when the client leaves before it has been fetched', async () => {
    await start({ requestTimeoutMs: 15_000 });
    const body = { id: 'abc', cdn_url: 'https://cdn.example/abc' };
    emulator.faults.add({ route: 'upload_via_url', delayMs: 1000, status: 200, body });
    const controller = new AbortController();
    const answer = fetch(`${app.url}/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: SOURCE }),
      signal: controller.signal,
    });
    answer.catch(() => undefined);
    await emulator.waitFor(({ requests }) => requests.length > 0);
    controller.abort();
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'delete'));
    expect(emulator.images.list()).toEqual([]);
  });

  it('needs a list of hosts', async () => {
    await expect(start({ allowedHosts: [] })).rejects.toThrow(/"allowedHosts" must be an array/);
    await start();
  });

  it.each(['example.com:443', '10.0.0.1', 'https://example.com', 'bücher.example', '*', 'localhost'])(
    'does not start with the host %j, which no URL can have',
    async (host) => {
      await expect(start({ allowedHosts: [host] })).rejects.toThrow(/"allowedHosts" must be an array of /);
      await start();
    },
  );
});

// Fastify's own parser has read the body before, and answers by itself.
describe.each(APPS.filter(([name]) => name !== 'Fastify'))(
  'the body of an import on %s',
  (_name, startApp) => {
    let emulator: Emulator;
    let app: Awaited<ReturnType<Start>>;
    beforeEach(async () => {
      emulator = await startEmulator();
      const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url };
      app = await startApp({ ...connection, allowedHosts: ['images.example.com'] });
    });
    afterEach(async () => {
      await app.close();
      await emulator.close();
    });

    it.each<
      [
        what: string,
        body: string | URLSearchParams,
        headers: Record<string, string>,
        status: number,
        code: string,
      ]
    >([
      ['that does not parse', '{"url"', {}, 400, 'URL_INVALID'],
      ['that is empty', '', {}, 400, 'URL_INVALID'],
      ['that is no object', '"https://images.example.com/a.jpg"', {}, 400, 'URL_INVALID'],
      [
        'that is too large',
        JSON.stringify({ url: SOURCE, more: 'x'.repeat(200_000) }),
        {},
        413,
        'LIMIT_REQUEST_SIZE',
      ],
      ['of another type', new URLSearchParams({ url: SOURCE }), { 'content-type': FORM }, 400, 'URL_INVALID'],
    ])('%s is answered with problem details', async (_what, body, headers, status, code) => {
      const answer = await fetch(`${app.url}/import`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect([answer.status, await answer.json()]).toEqual([
        status,
        expect.objectContaining({ status, code, detail: expect.not.stringContaining('JSON at position') }),
      ]);
      expect(emulator.requests).toEqual([]);
    });
  },
);

describe.each([
  ['Express 4', express4],
  ['Express 5', express5],
])('the body of an import on %s', (_name, makeApp) => {
  it.each([
    ['that is not of the coding it declares', 'gzip', 400, 'URL_INVALID'],
    ['in a coding that is not known', 'x', 415, 'UNSUPPORTED_CONTENT_ENCODING'],
    ['that breaks off', undefined, 499, 'CLIENT_ABORTED'],
  ])('%s is a fault of the client', async (_what, coding, status, code) => {
    const app = makeApp();
    app.post('/', imgwireUploadViaUrl({ apiKey: 'sk_local', allowedHosts: ['images.example.com'] }));
    const failed = new Promise<unknown>((resolve) => {
      app.use(((error, _req, res, _next) => {
        resolve(error);
        res.end();
      }) as ErrorRequestHandler);
    });
    const server = createServer(app);
    const { port } = new URL(await listen(server));
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n`;
    const socket = connect(Number(port), '127.0.0.1');
    if (coding) socket.write(`${head}Content-Encoding: ${coding}\r\n\r\n0123456789`);
    else socket.end(`${head}\r\n01234`, () => socket.destroy());
    expect(await failed).toMatchObject({ code, status });
    socket.destroy();
    server.close();
  });

  it('that an application has parsed itself is taken as it is', async () => {
    const emulator = await startEmulator();
    const app = makeApp();
    app.use(express5.json());
    const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url };
    app.post('/', imgwireUploadViaUrl({ ...connection, allowedHosts: ['images.example.com'] }));
    app.use(imgwireErrorHandler());
    const server = createServer(app);
    const answer = await fetch(await listen(server), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: 'https://evil.example/a.jpg' }),
    });
    expect(await answer.json()).toMatchObject({ code: 'URL_HOST_NOT_ALLOWED' });
    server.close();
    await emulator.close();
  });
});
