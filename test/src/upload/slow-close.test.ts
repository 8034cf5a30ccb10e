import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type Imgwire,
  type ImgwireOptions,
  imgwireErrorHandler,
  imgwireStorage,
  imgwireUpload,
} from '@imgwire/express';
import { imgwire as plugin } from '@imgwire/fastify';
import { ImgwireFileInterceptor, ImgwireModule } from '@imgwire/nestjs';
import { imgwireUpload as imgwireWebUpload } from '@imgwire/web';
import { Controller, Post, UseInterceptors } from '@nestjs/common';
import express5, { type Express, type RequestHandler } from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import multer from 'multer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNest, listenNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { encodeForm, type OpenPost, openPost } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { webListener } from '../support/web-listener.ts';

// The grace period of an orchestrator is a number: however long clients take, closing is over when the time for uploads is.

interface App {
  readonly url: string;
  /** What the page on operating says to do at SIGTERM. */
  close(): Promise<unknown>;
}
type Start = (options: ImgwireOptions & { readonly closeTimeoutMs: number }) => Promise<App>;

/** `server.close()` stops the listening; what is awaited is the end of the uploads. */
async function serve(
  listener: RequestListener,
  closings: () => readonly Promise<unknown>[],
  servers: Server[],
): Promise<App> {
  const server = createServer(listener);
  servers.push(server);
  const url = await listen(server);
  return {
    url,
    close: () => {
      server.close();
      return Promise.all(closings());
    },
  };
}

const servers: Server[] = [];

const onExpress =
  (make: () => Express): Start =>
  (options) => {
    const imgwire = createImgwire(options);
    const app = make();
    app.post('/avatar', imgwireUpload({ imgwire }).single('avatar'), (_req, res) => res.json({}));
    app.use(imgwireErrorHandler());
    return serve(app, () => [imgwire.close()], servers);
  };

const onMulter: Start = (options) => {
  const imgwire = createImgwire(options);
  const app = express5();
  const upload = multer({ storage: imgwireStorage({ imgwire }) as unknown as multer.StorageEngine });
  app.post('/avatar', upload.single('avatar'), (_req, res) => void res.json({}));
  app.use(imgwireErrorHandler());
  return serve(app, () => [imgwire.close()], servers);
};

const onWeb: Start = (options) => {
  const imgwire = createImgwire(options);
  const route = imgwireWebUpload({ imgwire })
    .single('avatar')
    .handler(() => Response.json({}));
  return serve(webListener(route), () => [imgwire.close()], servers);
};

const onFastify: Start = async (options) => {
  const app = fastify();
  servers.push(app.server);
  await app.register(plugin, options);
  app.post('/avatar', { preHandler: app.imgwire.single('avatar') }, async () => ({}));
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
};

@Controller()
class AvatarController {
  @Post('avatar')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  save(): object {
    return {};
  }
}

const onNest =
  (adapter: (typeof NEST_PLATFORMS)[number][1]): Start =>
  async (options) => {
    const parts = { imports: [ImgwireModule.forRoot(options)], controllers: [AvatarController] };
    const app = await createNest(parts, adapter());
    servers.push(app.getHttpServer());
    return { url: await listenNest(app), close: () => app.close() };
  };

const APPS: ReadonlyArray<readonly [string, Start]> = [
  ['Express 4', onExpress(() => express4())],
  ['Express 5', onExpress(() => express5())],
  ['multer on Express 5', onMulter],
  ['web', onWeb],
  ['Fastify', onFastify],
  ...NEST_PLATFORMS.map(([name, adapter]) => [`Nest on ${name}`, onNest(adapter)] as const),
];

const form = encodeForm([
  { name: 'avatar', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', 4 * 1024 * 1024) },
]);
const noImage = encodeForm([
  { name: 'avatar', fileName: 'a.png', bytes: Buffer.alloc(4 * 1024 * 1024, 't') },
]);

const TICK_MS = 50;
/** So many ticks are a minute: at the rate of these clients, a file takes that long. */
const TICKS = 60_000 / TICK_MS;

interface SlowClient {
  readonly post: OpenPost;
  /** How much of its minute it has sent, from 0 to 1. */
  sent(): number;
  stop(): void;
}

/** A client that sends its form over a minute, but for what it sends at once. */
function slowClient(url: string, body: Buffer, atOnce: number): SlowClient {
  const post = openPost(url, body.length);
  post.request.on('error', () => undefined);
  post.request.write(body.subarray(0, atOnce));
  const rest = body.length - atOnce;
  let ticks = 0;
  const send = (): void => {
    const [from, to] = [ticks, ++ticks].map((tick) => atOnce + Math.floor((rest * tick) / TICKS));
    post.request.write(body.subarray(from, to));
    if (ticks === TICKS) post.request.end();
  };
  const timer = setInterval(send, TICK_MS);
  return {
    post,
    sent: () => ticks / TICKS,
    stop: () => {
      clearInterval(timer);
      post.request.destroy();
    },
  };
}

describe.each(APPS)('while clients take a minute for their files, closing %s', (name, start) => {
  let emulator: Emulator;
  let clients: SlowClient[];
  beforeEach(async () => {
    emulator = await startEmulator();
    clients = [];
  });
  afterEach(async () => {
    for (const { stop } of clients) stop();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    await emulator.close();
  });

  it('ends with the time that uploads have, each answered and undone', async () => {
    const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url };
    const app = await start({ ...connection, closeTimeoutMs: 200 });
    let failed = 0;
    const onFailed = (): void => void failed++;
    subscribe('imgwire:upload:failed', onFailed);
    const url = `${app.url}/avatar`;
    // One of whose file Imgwire has a part, one that has just begun, and one that is refused and sends on.
    clients.push(
      slowClient(url, form, 1024 * 1024),
      slowClient(url, form, 1000),
      slowClient(url, noImage, 1024 * 1024),
    );
    const streams = !name.startsWith('multer');
    await emulator.waitFor(({ requests }) => !streams || requests.some(({ route }) => route === 'put'));
    await expect.poll(() => failed).toBe(1);
    const before = clients.map(({ sent }) => sent());

    await app.close();

    // What the clients have of their minute is the clock here: on a slow machine it goes slower, too.
    for (const [i, { sent }] of clients.entries()) expect(sent() - (before[i] ?? 0)).toBeLessThan(0.1);
    expect(emulator.images.list()).toEqual([]);
    expect(emulator.requests.every(({ state }) => state !== 'open')).toBe(true);
    expect(failed).toBe(3);
    unsubscribe('imgwire:upload:failed', onFailed);
    // multer reads what is left of a form before it hands on an error.
    if (!streams) return;
    const answers = await Promise.all(clients.map(({ post }) => post.answer));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 415]);
  });
});

describe.each([
  ['Express 4', () => express4()],
  ['Express 5', () => express5()],
])('closing one of two connections on %s', (_name, make: () => Express) => {
  it('ends its own uploads, by whichever middleware, and those of the other go on', async () => {
    const emulator = await startEmulator();
    const connect = (): Imgwire => createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    const [one, other] = [connect(), connect()];
    const app = make();
    const answer: RequestHandler = (_req, res) => void res.json({});
    app.post('/a', imgwireUpload({ imgwire: one }).single('avatar'), answer);
    app.post('/b', imgwireUpload({ imgwire: one, limits: { files: 1 } }), answer);
    app.post('/c', imgwireUpload({ imgwire: other }).single('avatar'), answer);
    app.use(imgwireErrorHandler());
    const server = createServer(app);
    const url = await listen(server);
    const clients = ['a', 'b', 'c'].map((path) => slowClient(`${url}/${path}`, form, 1024 * 1024));
    await emulator.waitFor(
      ({ requests }) => requests.filter(({ route }) => route === 'put').length === clients.length,
    );
    server.close();
    await one.close({ timeoutMs: 50 });
    expect(emulator.images.list()).toHaveLength(1);
    await other.close({ timeoutMs: 50 });
    expect(emulator.images.list()).toEqual([]);
    const answers = await Promise.all(clients.map(({ post }) => post.answer));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    for (const { stop } of clients) stop();
    server.closeAllConnections();
    await emulator.close();
  });
});
