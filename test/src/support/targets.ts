import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { bodyRouteRules, type FactoryOptions, parseOptions, receivesRequest } from '@imgwire/core/adapter';
import {
  type FieldRules,
  type Imgwire,
  type ImgwireError,
  imgwireErrorHandler,
  imgwireUpload,
  type ReceivedFile,
  toImgwireError,
} from '@imgwire/express';
import { imgwireUpload as imgwireWebUpload } from '@imgwire/web';
import express5, { type Express, type Request, type Response } from 'express';
import express4 from 'express4';
import { FASTIFY_TARGET } from '../fastify/fastify-targets.ts';
import { NEST_TARGETS } from '../nest/nest-targets.ts';
import { listen } from './listen.ts';
import { webListener } from './web-listener.ts';

/** The options of every target: those that do not depend on a framework's request. */
export type TargetOptions = FactoryOptions<IncomingMessage>;

/** A server with POST /single (field `avatar`), /any, /fields (`avatar` once, `photos` three times), and PUT and POST /body. */
export interface RunningTarget {
  readonly url: string;
  readonly server: Server;
  /** Errors passed to the framework, newest last. */
  readonly errors: unknown[];
  close(): Promise<void>;
}

export interface Target {
  readonly name: string;
  start(options: TargetOptions): Promise<RunningTarget>;
}

const ROUTES: Readonly<Record<string, readonly FieldRules[] | undefined>> = {
  '/single': [{ name: 'avatar', maxCount: 1 }],
  '/fields': [
    { name: 'avatar', maxCount: 1 },
    { name: 'photos', maxCount: 3 },
  ],
  '/any': undefined,
};

/** The response of every target, so that one suite can test them all. */
function describe(
  files: readonly ReceivedFile[],
  body: unknown,
  rejected: readonly ImgwireError[] = [],
): object {
  return {
    images: files.map((file) => file.image),
    body,
    files: files.map(({ image: _, discard: __, ...file }) => file),
    ...(rejected.length > 0 && { rejected }),
  };
}

async function run(
  server: Server,
  errors: unknown[],
  closeImgwire: () => Promise<void>,
): Promise<RunningTarget> {
  const url = await listen(server);
  return {
    url,
    server,
    errors,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await closeImgwire();
    },
  };
}

const connected = (options: TargetOptions) => {
  const { connect, rules } = parseOptions('target', options);
  return { imgwire: connect(), rules };
};

/** Core without a framework, on a Node server. */
export const coreTarget = (
  name: string,
  makeServer: (handler: RequestListener) => Server = createServer,
): Target => ({
  name,
  start: (options) => {
    const { imgwire, rules } = connected(options);
    const errors: unknown[] = [];
    const receivers = Object.entries(ROUTES).map(
      ([path, fields]) =>
        [path, imgwire.receiver<IncomingMessage>(fields ? { ...rules, fields } : rules)] as const,
    );
    const receiveBody = imgwire.bodyReceiver<IncomingMessage>(bodyRouteRules('target', rules));
    const receives = {
      form: receivesRequest(rules),
      body: receivesRequest(bodyRouteRules('target', rules), 'body'),
    };
    const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
      const kind = req.url === '/body' ? 'body' : 'form';
      const receive = kind === 'body' ? receiveBody : new Map(receivers).get(req.url ?? '');
      try {
        const form = receives[kind](req.headers) ? await receive?.(req, res) : undefined;
        res.setHeader('content-type', 'application/json');
        res.end(
          JSON.stringify(
            describe(form?.files ?? [], kind === 'form' ? form?.fields : undefined, form?.rejected),
          ),
        );
      } catch (error) {
        errors.push(error);
        const known = toImgwireError(error);
        if (res.writableEnded) return;
        res.writeHead(known?.status ?? 500, {
          'content-type': 'application/problem+json',
          ...known?.headers,
        });
        res.end(JSON.stringify(known ?? {}));
      }
    };
    return run(
      makeServer((req, res) => void handle(req, res)),
      errors,
      () => imgwire.close(),
    );
  },
});

const expressTarget = (name: string, make: () => Express): Target => ({
  name,
  start: (options) => {
    const { imgwire, rules } = connected(options);
    const errors: unknown[] = [];
    const upload = imgwireUpload({ imgwire, ...rules } as FactoryOptions<Request>);
    const app = make();
    const answer = (req: Request, res: Response): void => {
      res.json(describe(req.imgwire?.files ?? [], req.body, req.imgwire?.rejected));
    };
    app.post('/single', upload.single('avatar'), answer);
    app.post('/fields', upload.fields(ROUTES['/fields'] ?? []), answer);
    app.post('/any', upload, answer);
    app.route('/body').put(upload.body(), answer).post(upload.body(), answer);
    app.use((error: unknown, _req: Request, _res: Response, next: (error: unknown) => void) => {
      errors.push(error);
      next(error);
    });
    app.use(imgwireErrorHandler());
    return run(createServer(app), errors, () => imgwire.close());
  },
});

/** What the callbacks of the suites read of a request. */
const asIncoming = ({ headers, method }: globalThis.Request): IncomingMessage =>
  ({ headers: Object.fromEntries(headers), method }) as IncomingMessage;

/** Web requests, as Hono's server makes them of Node's. */
const webTarget: Target = {
  name: 'web',
  start: (options) => {
    const { imgwire, rules } = connected(options);
    const errors: unknown[] = [];
    const note = (error: unknown): never => {
      errors.push(error);
      throw error;
    };
    const noting: Imgwire = {
      ...imgwire,
      receiver: (given) => {
        const receive = imgwire.receiver(given);
        return (req) => receive(req).catch(note);
      },
      bodyReceiver: (given) => {
        const receive = imgwire.bodyReceiver(given);
        return (req) => receive(req).catch(note);
      },
    };
    const { authorize, metadata, ...rest } = rules;
    const upload = imgwireWebUpload({
      imgwire: noting,
      ...rest,
      ...(authorize && { authorize: (request) => authorize(asIncoming(request)) }),
      ...(metadata && { metadata: (request, file) => metadata(asIncoming(request), file) }),
    });
    const routes = {
      '/single': upload.single('avatar'),
      '/fields': upload.fields(ROUTES['/fields'] ?? []),
      '/any': upload,
      '/body': upload.body(),
    };
    // The body of a request that is not a form is still there.
    const handlers = Object.entries(routes).map(
      ([path, { handler }]) =>
        [
          path,
          handler(({ files, fields, rejected }, { bodyUsed }) =>
            globalThis.Response.json(
              describe(files, bodyUsed && path !== '/body' ? fields : undefined, rejected),
            ),
          ),
        ] as const,
    );
    const handlerOf = new Map(handlers);
    const listener = webListener(async (request) => {
      const handle = handlerOf.get(new URL(request.url).pathname);
      return handle?.(request) ?? new globalThis.Response(null, { status: 404 });
    });
    return run(createServer(listener), errors, () => imgwire.close());
  },
};

const MIDDLEWARE: readonly Target[] = [
  coreTarget('core'),
  expressTarget('Express 4', () => express4()),
  expressTarget('Express 5', () => express5()),
  FASTIFY_TARGET,
];

/** Every adapter; each must pass the same suites. */
export const TARGETS: readonly Target[] = [...MIDDLEWARE, webTarget, ...NEST_TARGETS];

/** The adapters that get Node's own request and response, which others beside them can read and answer. */
export const NODE_TARGETS: readonly Target[] = [...MIDDLEWARE, ...NEST_TARGETS];
