import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import serverlessExpress from '@codegenie/serverless-express';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import serverlessHttp from 'serverless-http';
import { BOUNDARY } from '../support/client.ts';
import { listen } from '../support/listen.ts';

/** What a platform answers. */
export interface PlatformAnswer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of many shapes
  readonly json: any;
}

/** Hands a whole body to a platform, a form unless `type` says otherwise, for a path of the application that it runs. */
export type Deliver = (path: string, body: Buffer, type?: string) => Promise<PlatformAnswer>;

/** A platform on which an HTTP server runs without a socket of its own. */
export interface Platform {
  readonly name: string;
  run(server: Server): Promise<{ deliver: Deliver; close(): void }>;
}

const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

const toAnswer = (status: number, text: string): PlatformAnswer => ({
  status,
  text,
  json: text.startsWith('{') ? JSON.parse(text) : undefined,
});

/** Events of AWS API Gateway, which has the body as base64: of a REST API (1.0) and of an HTTP API (2.0). */
const EVENTS: Readonly<Record<string, (path: string, body: Buffer, type: string) => object>> = {
  'REST API': (path, body, type) => ({
    resource: '/{proxy+}',
    httpMethod: 'POST',
    path,
    headers: { 'content-type': type },
    multiValueHeaders: { 'content-type': [type] },
    requestContext: { requestId: randomUUID(), stage: 'prod', identity: { sourceIp: '127.0.0.1' } },
    body: body.toString('base64'),
    isBase64Encoded: true,
  }),
  'HTTP API': (path, body, type) => ({
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: { 'content-type': type, 'content-length': String(body.length) },
    requestContext: {
      stage: '$default',
      http: { method: 'POST', path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
    },
    body: body.toString('base64'),
    isBase64Encoded: true,
  }),
};

type Handler = (event: object, context: object) => Promise<unknown>;

const ADAPTERS: Readonly<Record<string, (server: Server) => Handler>> = {
  'serverless-http': (server) => serverlessHttp(server),
  '@codegenie/serverless-express': (server) => {
    const app = (req: IncomingMessage, res: ServerResponse): boolean => server.emit('request', req, res);
    const handler = serverlessExpress({ app: Object.assign(app, { handle: app }) as never });
    return (event, context) => handler(event as never, context as never, undefined as never) as never;
  },
};

const lambda = (
  adapter: string,
  handlerOf: (server: Server) => Handler,
  api: string,
  eventOf: (path: string, body: Buffer, type: string) => object,
): Platform => ({
  name: `AWS Lambda, ${adapter}, ${api}`,
  run: async (server) => {
    const handler = handlerOf(server);
    return {
      deliver: async (path, body, type = TYPE) => {
        const answer = (await handler(eventOf(path, body, type), {})) as { statusCode: number; body: string };
        return toAnswer(answer.statusCode, answer.body);
      },
      close: () => undefined,
    };
  },
});

/** Google's own framework: the request is a real one, and was read into `rawBody`. */
const googleCloud: Platform = {
  name: 'Google Cloud Functions',
  run: async (server) => {
    const name = `upload-${randomUUID()}`;
    http(name, (req, res) => void server.emit('request', req, res));
    const outer = getTestServer(name);
    const url = await listen(outer);
    return {
      deliver: async (path, body, type = TYPE) => {
        const headers = { 'content-type': type };
        const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: new Uint8Array(body) });
        return toAnswer(answer.status, await answer.text());
      },
      close: () => {
        outer.closeAllConnections();
        outer.close();
      },
    };
  },
};

/** The adapters and frameworks that people use, with the events that their platforms send. */
export const PLATFORMS: readonly Platform[] = [
  googleCloud,
  ...Object.entries(ADAPTERS).flatMap(([adapter, handlerOf]) =>
    Object.entries(EVENTS).map(([api, eventOf]) => lambda(adapter, handlerOf, api, eventOf)),
  ),
];
