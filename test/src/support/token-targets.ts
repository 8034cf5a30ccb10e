import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { responseSignal, type TokenRequest, tokenEndpoint } from '@imgwire/core/adapter';
import {
  createImgwire,
  type ImgwireOptions,
  imgwireUploadToken,
  type UploadTokenRules,
} from '@imgwire/express';
import { createImgwireUploadTokenController, ImgwireModule } from '@imgwire/nestjs';
import { imgwireUploadToken as imgwireWebUploadToken } from '@imgwire/web';
import express5, { type Express } from 'express';
import express4 from 'express4';
import { FASTIFY_TOKEN_TARGET } from '../fastify/fastify-targets.ts';
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

/** A server whose /token issues tokens. */
export interface TokenTarget {
  readonly name: string;
  start(
    connection: TokenConnection,
    rules: UploadTokenRules<never>,
    front?: Front,
  ): Promise<{ readonly url: string; close(): Promise<unknown> }>;
}

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
const endpointTarget = <Request extends TokenRequest>(
  name: string,
  toRequest: (req: IncomingMessage) => Request,
): TokenTarget => ({
  name,
  start: (connection, rules, front = nothing) => {
    const options = { ...rules, imgwire: createImgwire(connection) };
    const endpoint = tokenEndpoint<Request>(options as never);
    const handle = (req: IncomingMessage, res: ServerResponse): void => {
      void endpoint(toRequest(req), responseSignal(res)).then(({ status, headers, body }) => {
        if (res.headersSent) return;
        res.writeHead(status, headers);
        res.end(body && JSON.stringify(body));
      });
    };
    return serve((req, res) => front(req, res, () => handle(req, res)));
  },
});

const core = endpointTarget('core', (req) => req);

/** A web `Request`, as in the route handlers of other frameworks. */
const onRequest = endpointTarget('core, with a web Request', ({ url, method = '', headers }) => {
  const sent = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  return new Request(`http://${headers.host}${url}`, { method, headers: sent });
});

/** With the gateway's spelling of headers, as in the events of some platforms. */
const onEvent = endpointTarget('core, with an event of a gateway', ({ method, headers }) => {
  const title = (name: string): string => name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  const sent = Object.entries(headers).map(([name, value]) => [title(name), value]);
  return { method, headers: Object.fromEntries(sent) as IncomingHttpHeaders };
});

const onExpress = (name: string, makeApp: () => Express): TokenTarget => ({
  name,
  start: (connection, rules, front = nothing) => {
    const app = makeApp();
    app.all('/token', front, imgwireUploadToken({ ...connection, ...rules } as never));
    return serve(app);
  },
});

const onWeb: TokenTarget = {
  name: 'web',
  start: (connection, rules, front = nothing) => {
    const listener = webListener(imgwireWebUploadToken({ ...connection, ...rules } as never));
    return serve((req, res) => front(req, res, () => listener(req, res)));
  },
};

const onNest = NEST_PLATFORMS.map(
  ([platform, adapter]): TokenTarget => ({
    name: String(platform),
    start: async (connection, rules, front = nothing) => {
      const app = await createNest(
        {
          imports: [ImgwireModule.forRoot(connection)],
          controllers: [createImgwireUploadTokenController({ path: 'token', ...rules })],
        },
        adapter(),
      );
      app.use(front);
      return { url: await listenNest(app), close: () => app.close() };
    },
  }),
);

/** Every adapter's token endpoint; each must pass the same suite. */
export const TOKEN_TARGETS: readonly TokenTarget[] = [
  core,
  onRequest,
  onEvent,
  onExpress('Express 4', () => express4()),
  onExpress('Express 5', () => express5()),
  FASTIFY_TOKEN_TARGET,
  onWeb,
  ...onNest,
];
