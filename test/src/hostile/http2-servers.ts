import 'reflect-metadata';
import { once } from 'node:events';
import { createSecureServer, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { PassThrough } from 'node:stream';
import { createImgwire, type ImgwireOptions, toImgwireError, type UploadRules } from '@imgwire/core';
import { imgwire } from '@imgwire/fastify';
import { AnyImgwireFilesInterceptor, ImgwireModule } from '@imgwire/nestjs';
import { Controller, HttpCode, Post, UseInterceptors } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { createNest, listenNest } from '../nest/nest-app.ts';

/** TLS without a certificate, for which there is no authority here. */
export const TLS = { ciphers: 'AECDH-AES256-SHA:@SECLEVEL=0', maxVersion: 'TLSv1.2' } as const;

/** The rules of each path; an upload to /early is answered by a timer in front, one to /broken by a handler that fails. */
const RULES = {
  any: {},
  early: {},
  broken: { discardOnError: true },
  denied: { authorize: () => false },
  small: { limits: { fileSize: 100_000 } },
  impatient: { stallTimeoutMs: 300 },
} as const satisfies Record<string, UploadRules<never>>;

const isEarly = (url: string | undefined): boolean => url?.startsWith('/early') ?? false;
const fail = (): never => {
  throw new Error('broken');
};

/** A server over HTTP/2. */
export interface RunningHttp2 {
  readonly server: Http2Server;
  close(): Promise<unknown>;
}
type Start = (connection: ImgwireOptions) => Promise<RunningHttp2>;

const node =
  (make: () => Http2Server): Start =>
  async (connection) => {
    const core = createImgwire(connection);
    const receivers = new Map(Object.entries(RULES).map(([path, rules]) => [path, core.receiver(rules)]));
    const server = make();
    server.on('request', (req, res) => {
      const path = new URL(req.url, 'http://x').pathname.slice(1);
      const respond = (status: number): void => {
        if (!res.headersSent) res.writeHead(status).end();
      };
      if (isEarly(req.url)) setTimeout(respond, 20, 503);
      receivers
        .get(path)?.(req as never, res as never)
        .then(() => respond(path === 'broken' ? 500 : 200))
        .catch((error: unknown) => respond(toImgwireError(error)?.status ?? 500));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const close = async (): Promise<void> => {
      server.close();
      await core.close();
    };
    return { server, close };
  };

const answerEarly = (app: FastifyInstance): void => {
  app.addHook('onRequest', (request, reply, done) => {
    const respond = (): void => {
      if (!reply.sent) void reply.code(503).send();
    };
    if (isEarly(request.url)) setTimeout(respond, 20);
    done();
  });
};

const onFastify =
  (options: object, prepare: (app: FastifyInstance) => void = () => undefined): Start =>
  async (connection) => {
    const app = fastify({ http2: true, ...options } as object) as unknown as FastifyInstance;
    answerEarly(app);
    prepare(app);
    await app.register(imgwire, connection);
    for (const [path, rules] of Object.entries(RULES)) {
      const preHandler = app.imgwire.any(rules);
      app.post(`/${path}`, { preHandler }, async () => (path === 'broken' ? fail() : 'stored'));
    }
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { server: app.server as unknown as Http2Server, close: () => app.close() };
  };

@Controller()
class UploadController {
  @Post('any')
  @HttpCode(200)
  @UseInterceptors(AnyImgwireFilesInterceptor(RULES.any))
  any(): string {
    return 'stored';
  }

  @Post('early')
  @UseInterceptors(AnyImgwireFilesInterceptor(RULES.early))
  early(): string {
    return 'stored';
  }

  @Post('broken')
  @UseInterceptors(AnyImgwireFilesInterceptor(RULES.broken))
  broken(): never {
    return fail();
  }

  @Post('denied')
  @UseInterceptors(AnyImgwireFilesInterceptor(RULES.denied))
  denied(): string {
    return 'stored';
  }

  @Post('small')
  @UseInterceptors(AnyImgwireFilesInterceptor(RULES.small))
  small(): string {
    return 'stored';
  }

  @Post('impatient')
  @UseInterceptors(AnyImgwireFilesInterceptor(RULES.impatient))
  impatient(): string {
    return 'stored';
  }
}

const nest =
  (options: object): Start =>
  async (connection) => {
    const adapter = new FastifyAdapter({ http2: true, ...options } as object);
    answerEarly(adapter.getInstance() as never);
    const imports = [ImgwireModule.forRoot(connection)];
    const app = await createNest({ imports, controllers: [UploadController] }, adapter);
    await listenNest(app);
    return { server: app.getHttpServer(), close: () => app.close() };
  };

/** Pipes each body, as hooks that count or decode do. */
const piped = (app: FastifyInstance): void => {
  app.addHook('preParsing', (_request, _reply, payload, done) => done(null, payload.pipe(new PassThrough())));
};

/** Every server over HTTP/2 that gets Node's own requests, plain and over TLS. */
export const HTTP2_SERVERS: Readonly<Record<string, Start>> = {
  "Node's http2": node(() => createServer()),
  "Node's http2 over TLS": node(() => createSecureServer(TLS)),
  Fastify: onFastify({}),
  'Fastify over TLS': onFastify({ https: TLS }),
  'Fastify behind a hook that pipes the payload': onFastify({}, piped),
  'Nest on Fastify': nest({}),
  'Nest on Fastify over TLS': nest({ https: TLS }),
};

/** The streams and sessions of a server that are open, by the path of the stream. */
export function watchOpen(server: Http2Server): { streams(): string[]; sessions(): number } {
  const streams = new Map<ServerHttp2Stream, string>();
  const sessions = new Set<object>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    streams.set(stream, String(headers[':path']));
    stream.once('close', () => streams.delete(stream));
  });
  return { streams: () => [...streams.values()], sessions: () => sessions.size };
}
