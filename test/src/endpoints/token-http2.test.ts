import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createImgwire, type ImgwireOptions } from '@imgwire/core';
import { responseSignal, tokenEndpoint } from '@imgwire/core/adapter';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwire } from '@imgwire/fastify';
import { createImgwireUploadTokenController, ImgwireModule } from '@imgwire/nestjs';
import { imgwireUploadToken } from '@imgwire/web';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TLS } from '../hostile/http2-servers.ts';
import { createNest, listenNest } from '../nest/nest-app.ts';
import { overRest } from '../support/upload-suite.ts';

// Over HTTP/2 a request has an `:authority` in place of a `Host` (RFC 9113, section 8.3.1).

const rules = { authorize: () => true, allowedOrigins: ['https://app.example.com'] };

interface Running {
  readonly server: Http2Server;
  close(): Promise<unknown>;
}
type Start = (connection: ImgwireOptions) => Promise<Running>;

async function listen(server: Http2Server): Promise<Running> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, close: async () => server.close() };
}

const onNode =
  (make: () => Http2Server): Start =>
  (connection) => {
    const endpoint = tokenEndpoint<Http2ServerRequest>({
      ...rules,
      imgwire: createImgwire(connection),
    });
    const answer = async (req: Http2ServerRequest, res: Http2ServerResponse): Promise<void> => {
      const { status, headers, body } = await endpoint(req, { signal: responseSignal(res as never) });
      res.writeHead(status, headers).end(JSON.stringify(body));
    };
    return listen(make().on('request', (req, res) => void answer(req, res)));
  };

const onFastify =
  (options: object): Start =>
  async (connection) => {
    const app = fastify({ http2: true, ...options } as object) as unknown as FastifyInstance;
    await app.register(imgwire, connection);
    app.all('/token', app.imgwire.uploadToken(rules));
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { server: app.server as unknown as Http2Server, close: () => app.close() };
  };

const onNest: Start = async (connection) => {
  const parts = {
    imports: [ImgwireModule.forRoot(connection)],
    controllers: [createImgwireUploadTokenController({ path: 'token', ...rules })],
  };
  const app = await createNest(parts, new FastifyAdapter({ http2: true } as object));
  await listenNest(app);
  return { server: app.getHttpServer(), close: () => app.close() };
};

const onHono: Start = (connection) =>
  listen(
    createAdaptorServer({
      fetch: imgwireUploadToken({ ...connection, ...rules }),
      createServer,
    }) as Http2Server,
  );

const onHonoApp: Start = (connection) => {
  const route = imgwireUploadToken({ ...connection, ...rules });
  const app = new Hono().all('/token', (context) => route(context.req.raw));
  return listen(createAdaptorServer({ fetch: app.fetch, createServer }) as Http2Server);
};

/** Every adapter that HTTP/2 can reach: Express needs Node's HTTP/1. */
const SERVERS: ReadonlyArray<[string, Start]> = [
  ["Node's http2", onNode(() => createServer())],
  ["Node's http2 over TLS", onNode(() => createSecureServer(TLS))],
  ['Fastify', onFastify({})],
  ['Fastify over TLS', onFastify({ https: TLS })],
  ['Nest on Fastify', onNest],
  ["web, on Hono's server", onHono],
  ['web, in an app of Hono', onHonoApp],
];

const REQUESTS: ReadonlyArray<readonly [OutgoingHttpHeaders, number]> = [
  [{ ':authority': 'shop.test' }, 200],
  [{ ':authority': 'shop.test', origin: 'https://shop.test' }, 200],
  [{ ':authority': 'Shop.test:443', origin: 'https://shop.test' }, 200],
  [{ ':authority': 'shop.test:8443', origin: 'https://shop.test:8443' }, 200],
  [{ ':authority': 'shop.test', origin: 'https://app.example.com' }, 200],
  [{ ':authority': 'shop.test', origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' }, 200],
  [{ ':authority': 'shop.test', origin: 'https://evil.test' }, 403],
  [{ ':authority': 'shop.test', origin: 'https://shop.test.evil.test' }, 403],
  [{ ':authority': 'shop.test:8443', origin: 'https://shop.test' }, 403],
  [{ ':authority': 'shop.test', origin: 'null' }, 403],
  [{ ':authority': 'shop.test', origin: 'https://shop.test', 'sec-fetch-site': 'cross-site' }, 403],
];

describe.each(SERVERS)('over HTTP/2, the token endpoint on %s', (_name, start) => {
  let emulator: Emulator;
  let running: Running;
  let session: ClientHttp2Session;
  beforeAll(async () => {
    emulator = await startEmulator();
    running = await start(overRest(emulator));
    const { port } = running.server.address() as AddressInfo;
    session =
      'setSecureContext' in running.server
        ? connect(`https://127.0.0.1:${port}`, { ...TLS, rejectUnauthorized: false })
        : connect(`http://127.0.0.1:${port}`);
  });
  afterAll(async () => {
    session.destroy();
    await running.close();
    await emulator.close();
  });

  it.each(REQUESTS)('answers a request with %j: %i', async (headers, status) => {
    const stream = session.request({ ':method': 'POST', ':path': '/token', ...headers });
    stream.end();
    const [answer] = (await once(stream, 'response')) as [{ ':status': number }];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect([answer[':status'], Buffer.concat(chunks).toString()]).toEqual([
      status,
      expect.stringContaining(status === 200 ? 'uploadToken' : 'CROSS_SITE_REQUEST'),
    ]);
  });
});
