import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import multipart from '@fastify/multipart';
import { createImgwire, type ReceivedFile } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import { imgwire } from '@imgwire/fastify';
import {
  ImgwireBodyInterceptor,
  ImgwireFileInterceptor,
  type ImgwireImage,
  ImgwireModule,
  UploadedImage,
  UploadedImages,
} from '@imgwire/nestjs';
import { Controller, Put, UploadedFile, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import express from 'express';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { type Answer, postBody, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { sha256 } from '../support/upload-suite.ts';

const png = await image('image/png');

let emulator: Emulator;
let connection: { readonly apiKey: string; readonly baseUrl: string };
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  emulator = await startEmulator();
  connection = { apiKey: emulator.apiKey, baseUrl: emulator.url };
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await emulator.close();
});

const put = (url: string, type = 'image/png'): Promise<Answer> =>
  postBody(url, png, { method: 'PUT', headers: { 'content-type': type } });
const expectStored = ({ status, text }: Answer): void => {
  expect(status, text).toBe(200);
  expect(emulator.images.list().map(({ id }) => emulator.images.sha256(id))).toEqual([sha256(png)]);
};

/** A route that takes either: its response has the id of the image, and how many there are. */
const expectBoth = async (url: string): Promise<void> => {
  const form = await postForm(url, [{ name: 'avatar', fileName: 'a.png', bytes: png }], { method: 'PUT' });
  for (const { status, text, json } of [form, await put(url)]) {
    expect(status, text).toBe(200);
    expect(json).toEqual([expect.any(String), 1, 1]);
  }
  const none = await postBody(url, Buffer.from('{}'), {
    ...{ method: 'PUT', headers: { 'content-type': 'application/json' } },
  });
  expect(none.json).toEqual([null, 0, 0]);
};

describe('on Express', () => {
  const start = async (prepare: (app: express.Express) => void): Promise<string> => {
    const app = express();
    prepare(app);
    app.use(imgwireErrorHandler());
    const server = createServer(app);
    closing.push(() => server.close());
    return listen(server);
  };

  it('a body that a parser has read is BODY_ALREADY_READ', async () => {
    const url = await start((app) => {
      app.use(express.raw({ type: '*/*' }));
      app.put('/', imgwireUpload(connection).body(), (_req, res) => void res.json({}));
    });
    expect((await put(url)).json).toMatchObject({ status: 500, code: 'BODY_ALREADY_READ' });
    expect(emulator.requests).toEqual([]);
  });

  it('a body that a parser has left as rawBody is stored', async () => {
    const url = await start((app) => {
      app.use(express.raw({ type: '*/*', verify: (req, _res, rawBody) => Object.assign(req, { rawBody }) }));
      app.put('/', imgwireUpload(connection).body(), (_req, res) => void res.json({}));
    });
    expectStored(await put(url));
  });

  it.each(['single', 'body'])('a route takes forms and bodies, with %s() first', async (first) => {
    const url = await start((app) => {
      const upload = imgwireUpload(connection);
      const both = [upload.single('avatar'), upload.body()];
      app.use(first === 'single' ? both : both.reverse(), (req: express.Request, res: express.Response) => {
        const { image: stored, images, imgwire: found } = req;
        res.json([stored?.id, images?.length, found?.files.length]);
      });
    });
    await expectBoth(url);
  });

  it('an image is deleted where the response fails, with discardOnError', async () => {
    const url = await start((app) => {
      const upload = imgwireUpload(connection).body({ discardOnError: true });
      app.put('/', upload, (_req, res) => void res.status(500).json({}));
    });
    expect((await put(url)).status).toBe(500);
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, status }) => route === 'delete' && status === 200),
    );
    expect(emulator.images.list()).toEqual([]);
  });
});

describe('on Fastify', () => {
  const start = async (prepare: (app: FastifyInstance) => void | Promise<void>): Promise<string> => {
    const app = fastify();
    closing.push(() => app.close());
    await app.register(imgwire, connection);
    await prepare(app);
    app.put('/', { preHandler: app.imgwire.body() }, async ({ images, body }) => ({
      images: images?.length,
      body,
    }));
    return app.listen({ port: 0, host: '127.0.0.1' });
  };
  const parse = (app: FastifyInstance, type: string | RegExp): void => {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, payload, done) =>
      done(null, payload.length),
    );
  };

  it.each(['image/png', /^image\//, '*'])(
    'a parser of %s does not read the bodies of the hook',
    async (type) => {
      const url = await start((app) => parse(app, type));
      const answer = await put(url);
      expectStored(answer);
      expect(answer.json).toEqual({ images: 1 });
    },
  );

  it('the images of other routes, and other bodies of the route, are parsed as before', async () => {
    const url = await start((app) => {
      parse(app, /^image\//);
      parse(app, 'text/x');
      app.put('/plain', async ({ body }) => ({ body }));
      app.put('/form', { preHandler: app.imgwire.any() }, async ({ body }) => ({ body }));
    });
    expect((await put(`${url}/plain`)).json).toEqual({ body: png.length });
    expect((await put(`${url}/form`)).json).toEqual({ body: png.length });
    expect((await put(url, 'text/x')).json).toEqual({ images: 0, body: png.length });
    expect(emulator.requests).toEqual([]);
  });

  it.each(['single', 'body'])('a route takes forms and bodies, with %s() first', async (first) => {
    const url = await start((app) => {
      const both = [app.imgwire.single('avatar'), app.imgwire.body()];
      app.put('/both', { preHandler: first === 'single' ? both : both.reverse() }, async (request) => {
        const { image: stored, images, imgwire: found } = request;
        return [stored?.id, images?.length, found?.files.length];
      });
    });
    await expectBoth(`${url}/both`);
  });

  it('a body over HTTP/2 is stored, of which no header tells', async () => {
    const app = fastify({ http2: true });
    await app.register(imgwire, connection);
    app.put('/', { preHandler: app.imgwire.body() }, async ({ image: stored }) => stored?.id ?? 'none');
    const session = connect(await app.listen({ port: 0, host: '127.0.0.1' }));
    closing.push(
      () => session.close(),
      () => app.close(),
    );
    const put = async (endStream: boolean): Promise<string> => {
      const stream = session.request({ ':method': 'PUT', ':path': '/' }, { endStream }).setEncoding('utf8');
      if (!endStream) stream.end(png);
      return (await once(stream, 'data'))[0];
    };
    expect(await put(true)).toBe('none');
    expect(await put(false)).toBe(emulator.images.list()[0]?.id);
  });

  it('a form to the route is read by @fastify/multipart', async () => {
    const url = await start(async (app) => {
      await app.register(multipart, { attachFieldsToBody: 'keyValues' });
      app.post('/', { preHandler: app.imgwire.body() }, async ({ body }) => body);
    });
    expect((await postForm(url, [{ name: 'title', value: 'Lake' }])).json).toEqual({ title: 'Lake' });
  });

  it('the hook of a scope is known, and one that a function calls by config: { imgwireBody: true }', async () => {
    const url = await start(async (app) => {
      parse(app, /^image\//);
      await app.register(async (scope) => {
        scope.addHook('preHandler', app.imgwire.body());
        scope.put('/scope', async ({ image: stored }) => ({ id: stored?.id }));
      });
      const hook = app.imgwire.body();
      app.put('/called', { config: { imgwireBody: true } }, async (request, reply) => {
        await hook(request, reply);
        return { id: request.image?.id };
      });
    });
    for (const path of ['/scope', '/called']) expect((await put(url + path)).json.id).toBeDefined();
    expect(emulator.images.list()).toHaveLength(2);
  });

  it('a hook that a function calls without it is told what to write', async () => {
    const url = await start((app) => {
      parse(app, /^image\//);
      const hook = app.imgwire.body();
      app.put('/called', async (request, reply) => hook(request, reply));
    });
    const { json } = await put(`${url}/called`);
    expect(json.code).toBe('BODY_ALREADY_READ');
    expect(json.detail).toContain('config: { imgwireBody: true }');
  });
});

const bothWays = [ImgwireFileInterceptor('avatar'), ImgwireBodyInterceptor()];

@Controller()
class AvatarController {
  @Put('single')
  @UseInterceptors(...bothWays)
  single(@UploadedImages() all: readonly ImgwireImage[], @UploadedFile() file?: ReceivedFile): object {
    return [file?.image.id, all.length, file ? 1 : 0];
  }

  @Put('body')
  @UseInterceptors(...bothWays.toReversed())
  body(@UploadedImages() all: readonly ImgwireImage[], @UploadedFile() file?: ReceivedFile): object {
    return this.single(all, file);
  }

  @Put()
  @UseInterceptors(ImgwireBodyInterceptor({ required: true }))
  save(@UploadedImage() stored: ImgwireImage, @UploadedFile() file: { readonly size: number }): object {
    return { id: stored.id, size: file.size };
  }
}

describe.each(NEST_PLATFORMS)('on Nest, over %s', (name, adapter) => {
  const start = async (prepare: (app: NestExpressApplication) => unknown): Promise<string> => {
    const module = {
      module: class {},
      imports: [ImgwireModule.forRoot(connection)],
      controllers: [AvatarController],
    };
    const app = await NestFactory.create<NestExpressApplication & NestFastifyApplication>(module, adapter(), {
      ...{ logger: false, rawBody: true },
    });
    closing.push(() => app.close());
    prepare(app);
    return listenNest(app);
  };

  it('the decorators have the image and its file', async () => {
    const answer = await put(await start(() => undefined));
    expectStored(answer);
    expect(answer.json).toEqual({ id: emulator.images.list()[0]?.id, size: png.length });
  });

  it.each(['single', 'body'])('a route takes forms and bodies, with that of %s first', async (first) => {
    await expectBoth(`${await start(() => undefined)}/${first}`);
  });

  it('a body that a parser of the application has read is taken from rawBody', async () => {
    const url = await start((app) =>
      name === 'Express'
        ? app.useBodyParser('raw', { type: 'image/*' })
        : app.useBodyParser('image/png' as never),
    );
    expectStored(await put(url));
  });

  it('a request without an image is told what to send', async () => {
    const url = await start(() => undefined);
    const { json } = await postBody(url, Buffer.from('{}'), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
    });
    expect(json).toMatchObject({ status: 415, code: 'NOT_AN_IMAGE_BODY' });
  });
});

it('a body over HTTP/2 is stored, and one whose stream is reset leaves nothing', async () => {
  const core = createImgwire(connection);
  const receive = core.bodyReceiver();
  const errors: unknown[] = [];
  const server = createHttp2Server((req, res) => {
    receive(req as never, res as never).then(
      ({ files }) => res.end(String(files[0]?.image.id)),
      (error: unknown) => errors.push(error),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  closing.push(
    () => session.close(),
    () => server.close(),
    () => core.close(),
  );
  const headers = { ':method': 'PUT', ':path': '/' };
  for (const type of [{ 'content-type': 'image/png' }, {}]) {
    const stream = session.request({ ...headers, ...type });
    stream.end(png);
    const [id] = (await once(stream.setEncoding('utf8'), 'data')) as [string];
    expect(emulator.images.sha256(id)).toBe(sha256(png));
  }

  const second = session.request({ ...headers, 'content-type': 'image/png', 'content-length': 1000 });
  second.on('error', () => undefined);
  second.write(png.subarray(0, 500));
  await once(server, 'stream');
  second.close(8);
  await expect.poll(() => errors).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
  expect(emulator.images.list()).toHaveLength(2);
});
