import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { json } from 'node:stream/consumers';
import {
  type DirectUploadRules,
  directUploadEndpoint,
  type Endpoint,
  type EndpointRequest,
  responseSignal,
  tokenEndpoint,
} from '@imgwire/core/adapter';
import {
  createImgwire,
  type ImgwireOptions,
  imgwireDirectUpload,
  imgwireUploadToken,
  type UploadTokenRules,
} from '@imgwire/express';
import {
  createImgwireDirectController,
  createImgwireUploadTokenController,
  ImgwireModule,
} from '@imgwire/nestjs';
import {
  imgwireDirectUpload as imgwireWebDirectUpload,
  imgwireUploadToken as imgwireWebUploadToken,
} from '@imgwire/web';
import type { Type } from '@nestjs/common';
import express5, { type Express, type RequestHandler } from 'express';
import express4 from 'express4';
import { fastifyEndpointTarget } from '../fastify/fastify-targets.ts';
import { createNest, listenNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { listen } from './listen.ts';
import { webListener } from './web-listener.ts';

/** Connection options. */
export type TokenConnection = Pick<
  ImgwireOptions,
  'apiKey' | 'baseUrl' | 'client' | 'requestTimeoutMs' | 'logger'
>;

/** A middleware before the endpoint, which may respond first. */
export type Front = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

const nothing: Front = (_req, _res, next) => next();

/** A server with one endpoint. */
export interface EndpointTarget<Rules> {
  readonly name: string;
  start(
    connection: TokenConnection,
    rules: Rules,
    front?: Front,
  ): Promise<{ readonly url: string; close(): Promise<unknown> }>;
}

/** A server whose /token issues tokens. */
export type TokenTarget = EndpointTarget<UploadTokenRules<never>>;
/** A server whose /photos takes direct uploads. */
export type DirectTarget = EndpointTarget<DirectUploadRules<never>>;

/** What each adapter calls one endpoint. */
interface Kind {
  readonly path: string;
  readonly core: (options: never) => Endpoint<never>;
  readonly express: (options: never) => RequestHandler;
  readonly web: (options: never) => (request: Request) => Promise<Response>;
  readonly nest: (options: never) => Type<object>;
  readonly fastify: 'uploadToken' | 'directUpload';
}

const TOKEN: Kind = {
  path: 'token',
  core: tokenEndpoint as Kind['core'],
  express: imgwireUploadToken,
  web: imgwireWebUploadToken,
  nest: createImgwireUploadTokenController,
  fastify: 'uploadToken',
};

const DIRECT: Kind = {
  path: 'photos',
  core: directUploadEndpoint as Kind['core'],
  express: imgwireDirectUpload,
  web: imgwireWebDirectUpload,
  nest: createImgwireDirectController,
  fastify: 'directUpload',
};

async function serve(listener: RequestListener): ReturnType<TokenTarget['start']> {
  const server = createServer(listener);
  const url = await listen(server);
  return {
    url,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A target that calls core's endpoint directly, with a request made from Node's. */
const coreTarget = (
  { core }: Kind,
  name: string,
  toRequest: (req: IncomingMessage) => EndpointRequest,
): EndpointTarget<object> => ({
  name,
  start: (connection, rules, front = nothing) => {
    const endpoint = core({ ...rules, imgwire: createImgwire(connection) } as never);
    const handle = (req: IncomingMessage, res: ServerResponse): void => {
      const exchange = { signal: responseSignal(res), body: () => json(req).catch(() => undefined) };
      void endpoint(toRequest(req) as never, exchange).then(({ status, headers, body }) => {
        if (res.headersSent) return;
        res.writeHead(status, headers);
        res.end(body && JSON.stringify(body));
      });
    };
    return serve((req, res) => front(req, res, () => handle(req, res)));
  },
});

/** A web `Request`, as in the route handlers of other frameworks. */
const toWebRequest = ({ url, method = '', headers }: IncomingMessage): EndpointRequest => {
  const sent = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  return new Request(`http://${headers.host}${url}`, { method, headers: sent });
};

/** With the gateway's spelling of headers, as in the events of some platforms. */
const toEvent = ({ method, headers }: IncomingMessage): EndpointRequest => {
  const title = (name: string): string => name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  const sent = Object.entries(headers).map(([name, value]) => [title(name), value]);
  return { method, headers: Object.fromEntries(sent) as IncomingHttpHeaders };
};

const onExpress = (
  { path, express }: Kind,
  name: string,
  makeApp: () => Express,
): EndpointTarget<object> => ({
  name,
  start: (connection, rules, front = nothing) => {
    const app = makeApp();
    app.all(`/${path}`, front, express({ ...connection, ...rules } as never));
    return serve(app);
  },
});

const onWeb = ({ web }: Kind): EndpointTarget<object> => ({
  name: 'web',
  start: (connection, rules, front = nothing) => {
    const listener = webListener(web({ ...connection, ...rules } as never));
    return serve((req, res) => front(req, res, () => listener(req, res)));
  },
});

const onNest = ({ path, nest }: Kind): readonly EndpointTarget<object>[] =>
  NEST_PLATFORMS.map(([platform, adapter]) => ({
    name: String(platform),
    start: async (connection, rules, front = nothing) => {
      const app = await createNest(
        {
          imports: [ImgwireModule.forRoot(connection)],
          controllers: [nest({ path, ...rules } as never)],
        },
        adapter(),
      );
      app.use(front);
      return { url: await listenNest(app), close: () => app.close() };
    },
  }));

const inAdapters = (kind: Kind): readonly EndpointTarget<object>[] => [
  onExpress(kind, 'Express 4', () => express4()),
  onExpress(kind, 'Express 5', () => express5()),
  fastifyEndpointTarget(kind.path, kind.fastify),
  onWeb(kind),
  ...onNest(kind),
];

/** Every adapter's token endpoint; each must pass the same suite. */
export const TOKEN_TARGETS: readonly TokenTarget[] = [
  coreTarget(TOKEN, 'core', (req) => req),
  coreTarget(TOKEN, 'core, with a web Request', toWebRequest),
  coreTarget(TOKEN, 'core, with an event of a gateway', toEvent),
  ...inAdapters(TOKEN),
];

/** Every adapter's endpoint of direct uploads; each must pass the same suite. */
export const DIRECT_TARGETS: readonly DirectTarget[] = [
  coreTarget(DIRECT, 'core', (req) => req),
  ...inAdapters(DIRECT),
];
