import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type Imgwire,
  imgwireErrorHandler,
  imgwireUpload,
  type RollbackFailure,
} from '@imgwire/express';
import { AnyImgwireFilesInterceptor, ImgwireModule, type RequestImgwire } from '@imgwire/nestjs';
import { Controller, Param, Post, Req, Res, UseInterceptors } from '@nestjs/common';
import express5, { type Express, type Request, type Response } from 'express';
import express4 from 'express4';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNest, listenNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { type Answer, encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { image, textNamedPng } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { overRest } from '../support/upload-suite.ts';

const file: Part = { name: 'a', fileName: 'a.png', bytes: await image('image/png') };

/** Every way in which a handler ends its request. */
const HANDLERS: Readonly<Record<string, (res: ServerResponse, discard: () => Promise<void>) => unknown>> = {
  answers: (res) => res.end('fine'),
  redirects: (res) => res.writeHead(303, { location: '/' }).end(),
  refuses: (res) => res.writeHead(422).end('no'),
  fails: (res) => res.writeHead(500).end('no'),
  'breaks off': (res) => {
    res.writeHead(200, { 'content-length': '100' }).write('half');
    res.destroy();
  },
  'never answers': () => undefined,
  discards: async (res, discard) => {
    await discard();
    res.end('discarded');
  },
  throws: () => {
    throw new Error('the handler');
  },
};

interface RunningApp {
  readonly url: string;
  close(): Promise<void>;
}

type Start = (imgwire: Imgwire, discardOnError: boolean) => Promise<RunningApp>;

const overExpress =
  (make: () => Express): Start =>
  async (imgwire, discardOnError) => {
    const app = make();
    app.use(imgwireUpload({ imgwire, discardOnError }));
    for (const [how, handle] of Object.entries(HANDLERS)) {
      app.post(`/${encodeURI(how)}`, (req: Request, res: Response) => {
        // Express 4 does not catch what an async handler throws.
        void handle(res, async () => req.imgwire?.discard());
      });
    }
    app.use(imgwireErrorHandler());
    app.use((_error: unknown, _req: Request, res: Response, _next: unknown) => void res.status(500).end());
    const server = createServer(app as RequestListener);
    return {
      url: await listen(server),
      close: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  };

/** Fastify's reply has Node's response as `raw`, and must be told not to answer by itself. */
type PlatformReply = ServerResponse & { readonly raw?: ServerResponse; hijack?(): void };

const overNest =
  (adapter: (typeof NEST_PLATFORMS)[number][1]): Start =>
  async (imgwire, discardOnError) => {
    @Controller()
    class UploadController {
      @Post(':how')
      @UseInterceptors(AnyImgwireFilesInterceptor({ discardOnError }))
      async upload(
        @Param('how') how: string,
        @Req() req: { imgwire: RequestImgwire },
        @Res() res: PlatformReply,
      ): Promise<void> {
        if (how !== 'throws') res.hijack?.();
        await HANDLERS[how]?.(res.raw ?? res, () => req.imgwire.discard());
      }
    }
    const app = await createNest(
      { imports: [ImgwireModule.forRoot({ imgwire })], controllers: [UploadController] },
      adapter(),
    );
    return {
      url: await listenNest(app),
      close: async () => {
        app.getHttpServer().closeAllConnections();
        await app.close();
      },
    };
  };

const PLATFORMS: readonly (readonly [string, Start])[] = [
  ['Express 4', overExpress(() => express4())],
  ['Express 5', overExpress(() => express5())],
  ...NEST_PLATFORMS.map(([name, adapter]) => [`Nest on ${name}`, overNest(adapter)] as const),
];

describe.each(PLATFORMS)('the images of a request, in %s', (_name, start) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let app: RunningApp;
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire(overRest(emulator));
  });
  afterEach(async () => {
    await app.close();
    await imgwire.close();
    await emulator.close();
  });
  /** Posts two files to a handler; a request that it never answers, or cuts, is left. */
  const post = async (how: string): Promise<void> => {
    const form = encodeForm([file, { ...file, name: 'b' }]);
    const sent = openPost(`${app.url}/${encodeURI(how)}`, form.length);
    sent.request.end(form);
    await emulator.waitFor(({ requests }) => requests.filter(({ status }) => status === 200).length >= 4);
    if (how === 'never answers') sent.request.destroy();
    await sent.answer.catch(() => undefined);
    sent.request.destroy();
  };
  const deletes = (): number => emulator.requests.filter(({ route }) => route === 'delete').length;

  it.each(['refuses', 'fails', 'breaks off', 'never answers', 'throws'])(
    'are removed, with discardOnError, when the handler %s',
    async (how) => {
      app = await start(imgwire, true);
      await post(how);
      await emulator.waitFor(({ images }) => images.list().length === 0);
      // What was undone is undone once.
      await imgwire.close();
      expect(deletes()).toBe(2);
    },
  );

  it.each(['answers', 'redirects'])('stay, with discardOnError, when the handler %s', async (how) => {
    app = await start(imgwire, true);
    await post(how);
    await app.close();
    await imgwire.close();
    expect(emulator.images.list()).toHaveLength(2);
    expect(deletes()).toBe(0);
  });

  it.each(['refuses', 'fails', 'never answers', 'throws'])(
    'stay, without it, when the handler %s',
    async (how) => {
      app = await start(imgwire, false);
      await post(how);
      await app.close();
      await imgwire.close();
      expect(emulator.images.list()).toHaveLength(2);
    },
  );

  it('are removed by discard(), once', async () => {
    app = await start(imgwire, true);
    await post('discards');
    expect(emulator.images.list()).toEqual([]);
    await app.close();
    await imgwire.close();
    expect(deletes()).toBe(2);
  });

  it('are all removed when one of them is refused', async () => {
    app = await start(imgwire, false);
    const answer = await postForm(`${app.url}/answers`, [
      file,
      { ...textNamedPng, name: 'b', fileName: 'b.png' },
    ]);
    expect(answer.json).toMatchObject({ status: 415, code: 'UNSUPPORTED_IMAGE_TYPE', field: 'b' });
    expect(emulator.images.list()).toEqual([]);
  });
});

describe('an undo whose delete does not work', () => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  const failures: RollbackFailure[] = [];
  const events: unknown[] = [];
  const onEvent = (message: unknown): void => void events.push(message);
  const errors: unknown[] = [];
  const start = async (options: Parameters<typeof createImgwire>[0] = {}): Promise<string> => {
    imgwire = createImgwire({
      ...overRest(emulator),
      onRollbackFailed: (failure) => void failures.push(failure),
      logger: { error: (context) => errors.push(context) },
      ...options,
    });
    const app = express5();
    app.post('/', imgwireUpload({ imgwire }), (_req, res) => void res.end('stored'));
    app.use(imgwireErrorHandler());
    return await listen(server(app));
  };
  let running: ReturnType<typeof createServer>;
  const server = (app: Express): ReturnType<typeof createServer> => {
    running = createServer(app);
    return running;
  };
  /** The second file is refused once the first is stored, so the first is undone. */
  const postRefused = async (url: string): Promise<Answer> => {
    const form = encodeForm([file, { ...textNamedPng, name: 'b', fileName: 'b.png' }]);
    const post = openPost(url, form.length);
    await post.write(form.subarray(0, form.length - 100));
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, status }) => route === 'put' && status === 200),
    );
    post.request.end(form.subarray(form.length - 100));
    return post.answer;
  };
  beforeEach(async () => {
    for (const list of [failures, events, errors]) list.length = 0;
    subscribe('imgwire:upload:rollback-failed', onEvent);
    emulator = await startEmulator();
  });
  afterEach(async () => {
    unsubscribe('imgwire:upload:rollback-failed', onEvent);
    running.closeAllConnections();
    await new Promise((resolve) => running.close(resolve));
    await imgwire.close();
    await emulator.close();
  });

  it('is tried again, and is no failure when a later try succeeds', async () => {
    const url = await start();
    const fault = emulator.faults.add({ route: 'delete', status: 503, times: 2 });
    expect((await postRefused(url)).status).toBe(415);
    expect(fault.hits).toBe(2);
    expect(emulator.images.list()).toEqual([]);
    expect([failures, events, errors]).toEqual([[], [], []]);
  });

  it.each([
    ['fails', { status: 500 }, 'UPSTREAM_UNAVAILABLE'],
    ['is refused', { status: 403 }, 'UPSTREAM_REJECTED'],
    ['hangs', { hang: true as const }, 'UPSTREAM_TIMEOUT'],
  ])('is reported to hook, event and log when each try %s', async (_how, fault, code) => {
    const url = await start({ requestTimeoutMs: 200 });
    emulator.faults.add({ route: 'delete', times: 9, ...fault });
    // The client is told why its form was refused, not how the undoing went.
    expect((await postRefused(url)).json).toMatchObject({ code: 'UNSUPPORTED_IMAGE_TYPE' });
    const [left] = emulator.images.list();
    expect(failures).toMatchObject([{ imageId: left?.id, error: { code } }]);
    expect(events).toEqual(failures);
    expect(errors).toMatchObject([{ imageId: left?.id, err: { code } }]);
  });

  it('is no failure when a delete that got no answer in time was done all the same', async () => {
    const url = await start({ requestTimeoutMs: 200 });
    emulator.faults.add({ route: 'delete', delayMs: 400 });
    expect((await postRefused(url)).status).toBe(415);
    await emulator.waitFor(({ requests }) => requests.filter(({ route }) => route === 'delete').length === 2);
    expect(emulator.images.list()).toEqual([]);
    expect(failures).toEqual([]);
  });

  it('is reported by its key when it is unknown whether there is a record', async () => {
    const url = await start();
    emulator.faults.add({ route: 'create', times: 9, status: 500 });
    expect((await postForm(url, [file])).json).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(failures).toMatchObject([{ idempotencyKey: expect.any(String), error: { status: 503 } }]);
    expect(failures[0]?.imageId).toBeUndefined();
  });

  it('is reported to a hook that throws, or rejects, without harm', async () => {
    for (const onRollbackFailed of [
      () => {
        throw new Error('the hook');
      },
      async () => {
        throw new Error('the hook');
      },
    ]) {
      const url = await start({ onRollbackFailed });
      emulator.faults.add({ route: 'delete', times: 3, status: 500 });
      expect((await postRefused(url)).status).toBe(415);
      await expect.poll(() => errors.at(-1)).toMatchObject({ err: { message: 'the hook' } });
      running.closeAllConnections();
      running.close();
      await imgwire.close();
    }
  });
});
