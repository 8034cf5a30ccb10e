import { createServer, type RequestListener } from 'node:http';
import {
  createImgwire,
  imgwireUploadToken,
  type UploadTokenRules,
  uploadTokenEndpoint,
} from '@imgwire/express';
import { createImgwireTokenController, ImgwireModule } from '@imgwire/nestjs';
import express5, { type Express } from 'express';
import express4 from 'express4';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';
import { listen } from './targets.ts';

/** How to reach the service. */
export interface TokenConnection {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly requestTimeoutMs?: number;
}

/** A server whose /token gives tokens. */
export interface TokenTarget {
  readonly name: string;
  start(
    connection: TokenConnection,
    rules: UploadTokenRules<never>,
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

const core: TokenTarget = {
  name: 'core',
  start: (connection, rules) => {
    const endpoint = uploadTokenEndpoint({ ...rules, imgwire: createImgwire(connection) });
    return serve((req, res) => {
      void endpoint(req as never).then(({ status, headers, body }) => {
        res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
        res.end(body && JSON.stringify(body));
      });
    });
  },
};

const onExpress = (name: string, makeApp: () => Express): TokenTarget => ({
  name,
  start: (connection, rules) => {
    const app = makeApp();
    app.all('/token', imgwireUploadToken({ ...connection, ...rules } as never));
    return serve(app);
  },
});

const onNest = NEST_PLATFORMS.map(
  ([platform, adapter]): TokenTarget => ({
    name: String(platform),
    start: async (connection, rules) => {
      const app = await createNest(
        {
          imports: [ImgwireModule.forRoot(connection)],
          controllers: [createImgwireTokenController({ path: 'token', ...rules })],
        },
        adapter(),
      );
      return { url: await listenNest(app), close: () => app.close() };
    },
  }),
);

/** Every adapter's token endpoint; each must pass the same suite. */
export const TOKEN_TARGETS: readonly TokenTarget[] = [
  core,
  onExpress('Express 4', () => express4()),
  onExpress('Express 5', () => express5()),
  ...onNest,
];
