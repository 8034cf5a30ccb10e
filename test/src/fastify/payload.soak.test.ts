import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent } from 'node:http';
import { PassThrough, pipeline, type Readable, Transform } from 'node:stream';
import { brotliCompressSync, constants, createGunzip, deflateSync, gzipSync } from 'node:zlib';
import compress from '@fastify/compress';
import multipart from '@fastify/multipart';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwire } from '@imgwire/fastify';
import { AnyImgwireFilesInterceptor, ImgwireModule, UploadedImages } from '@imgwire/nestjs';
import { Controller, HttpCode, Post, UseInterceptors } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNest, listenNest } from '../nest/nest-app.ts';
import { encodeForm, openPost, type PostOptions, postBody, postForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { sample } from '../support/sample.ts';
import { sha256 } from '../support/upload-suite.ts';

const jpeg = await image('image/jpeg');
const large = await imageOfSize('image/jpeg', 2_300_000);
const formOf = (bytes: Uint8Array): Buffer =>
  encodeForm([
    { name: 'title', value: 'Katze' },
    { name: 'avatar', fileName: 'cat.jpg', bytes },
  ]);
const text = formOf(Buffer.alloc(300_000, 't'));

type Prepare = (app: FastifyInstance) => void | Promise<void>;
interface Running {
  readonly url: string;
  readonly app: FastifyInstance;
  close(): Promise<unknown>;
}

@Controller()
class UploadController {
  @Post('any')
  @HttpCode(200)
  @UseInterceptors(AnyImgwireFilesInterceptor())
  any(@UploadedImages() images: { id: string }[]): object {
    return { ids: images.map(({ id }) => id) };
  }
}

const options = (emulator: Emulator): object => ({
  ...{ apiKey: emulator.apiKey, baseUrl: emulator.url, stallTimeoutMs: 1000, minBytesPerSecond: 0 },
});

/** POST /any, behind whatever `prepare` gives to Fastify. */
const SERVERS: Readonly<Record<string, (emulator: Emulator, prepare: Prepare) => Promise<Running>>> = {
  Fastify: async (emulator, prepare) => {
    const app = fastify();
    await prepare(app);
    await app.register(imgwire, options(emulator));
    app.post('/any', { preHandler: app.imgwire.any() }, async ({ images }) => ({
      ids: images?.map(({ id }) => id),
    }));
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), app, close: () => app.close() };
  },
  'Fastify, behind the plugin': async (emulator, prepare) => {
    const app = fastify();
    await app.register(imgwire, options(emulator));
    await prepare(app);
    app.post('/any', { preValidation: app.imgwire.any() }, async ({ images }) => ({
      ids: images?.map(({ id }) => id),
    }));
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), app, close: () => app.close() };
  },
  'Fastify with @fastify/multipart, around the hook': async (emulator, prepare) => {
    const app = fastify();
    await app.register(multipart);
    await prepare(app);
    await app.register(imgwire, options(emulator));
    const upload = app.imgwire.any();
    app.post('/any', { preHandler: (request, reply) => upload(request, reply) }, async ({ images }) => ({
      ids: images?.map(({ id }) => id),
    }));
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), app, close: () => app.close() };
  },
  'Nest on Fastify': async (emulator, prepare) => {
    const adapter = new FastifyAdapter();
    await prepare(adapter.getInstance() as never);
    const imports = [ImgwireModule.forRoot(options(emulator))];
    const app = await createNest({ imports, controllers: [UploadController] }, adapter);
    return { url: await listenNest(app), app: adapter.getInstance() as never, close: () => app.close() };
  },
  'Nest on Fastify with @fastify/multipart': async (emulator, prepare) => {
    const adapter = new FastifyAdapter();
    await adapter.register(multipart as never);
    await prepare(adapter.getInstance() as never);
    const imports = [ImgwireModule.forRoot(options(emulator))];
    const app = await createNest({ imports, controllers: [UploadController] }, adapter);
    return { url: await listenNest(app), app: adapter.getInstance() as never, close: () => app.close() };
  },
};

/** A preParsing hook that hands on what `make` makes of the payload. */
const handOn =
  (make: (payload: Readable) => Readable): Prepare =>
  (app) => {
    app.addHook('preParsing', (_request, _reply, payload, done) => done(null, make(payload as never)));
  };
const into =
  (make: () => Transform): ((payload: Readable) => Readable) =>
  (payload) =>
    pipeline(payload, make(), () => undefined);

/** Passes the payload on, up to a limit. */
const limitedTo = (bytes: number, fail: (stream: Transform) => void): (() => Transform) => {
  return () => {
    let seen = 0;
    return new Transform({
      transform(chunk: Buffer, _encoding, callback) {
        seen += chunk.length;
        if (seen > bytes) fail(this);
        else callback(null, chunk);
      },
    });
  };
};
const tooLarge = (stream: Transform): void =>
  void stream.destroy(Object.assign(new Error('The quota is used up.'), { statusCode: 413 }));

const COMPRESS: Prepare = async (app) => void (await app.register(compress));

/** Encodes a form once, however many tests send it. */
const once = (encode: (form: Buffer) => Buffer): ((form: Buffer) => Buffer) => {
  const encoded = new Map<string, Buffer>();
  return (form) => {
    const key = sha256(form);
    const bytes = encoded.get(key) ?? encode(form);
    encoded.set(key, bytes);
    return bytes;
  };
};
const gzip = once(gzipSync);

/** What stands in front, and how a client sends its form. */
const FRONTS: Readonly<Record<string, readonly [Prepare, (form: Buffer) => Buffer, string?]>> = {
  'a hook that counts in a PassThrough': [
    handOn((payload) => payload.pipe(new PassThrough())),
    (form) => form,
  ],
  'a hook that pipes through a Transform': [handOn(into(limitedTo(1e9, tooLarge))), (form) => form],
  'two of them': [
    async (app) => {
      await handOn((payload) => payload.pipe(new PassThrough()))(app);
      await handOn(into(limitedTo(1e9, tooLarge)))(app);
    },
    (form) => form,
  ],
  'a hook that gunzips, and leaves the headers': [handOn(into(createGunzip)), gzip, 'gzip'],
  '@fastify/compress and a form in gzip': [COMPRESS, gzip, 'gzip'],
  '@fastify/compress and a form in deflate': [COMPRESS, once(deflateSync), 'deflate'],
  '@fastify/compress and a form in brotli': [
    COMPRESS,
    once((form) => brotliCompressSync(form, { params: { [constants.BROTLI_PARAM_QUALITY]: 0 } })),
    'br',
  ],
  '@fastify/compress and a form as it is': [COMPRESS, (form) => form],
};

const servers = Object.entries(SERVERS);
const fronts = Object.entries(FRONTS);
/** One of each kind: a pipe, a pipeline, and a decoder. */
const some = fronts.filter(([name]) => /PassThrough|leaves|gzip/.test(name));
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let emulator: Emulator;
let running: Running;
let failures: { code?: string; statusCode?: number; cause?: unknown }[];
const note = (message: unknown): void => void failures.push((message as { error: object }).error);
beforeEach(async () => {
  emulator = await startEmulator();
  failures = [];
  subscribe('imgwire:request:failed', note);
});
afterEach(async () => {
  unsubscribe('imgwire:request:failed', note);
  running.app.server.closeAllConnections();
  await running.close();
  await emulator.close();
});
const sentAs = (coding: string | undefined, sizes: PostOptions = {}): PostOptions => ({
  ...sizes,
  agent,
  headers: coding === undefined ? {} : { 'content-encoding': coding },
});

describe.each(sample(servers))('on %s', (_server, start) => {
  it.each(fronts)('a form is stored behind %s', async (_front, [prepare, encode, coding]) => {
    running = await start(emulator, prepare);
    for (const [bytes, sizes] of [
      [jpeg, {}],
      [large, {}],
      [large, { chunked: true }],
    ] as const) {
      const answer = await postBody(`${running.url}/any`, encode(formOf(bytes)), sentAs(coding, sizes));
      expect(answer.status, answer.text).toBe(200);
      expect(emulator.images.sha256(answer.json.ids[0])).toBe(sha256(bytes));
    }
  });
});

describe.each(servers.filter(([name]) => ['Fastify', 'Nest on Fastify'].includes(name)))(
  'on %s',
  (_server, start) => {
    const afterwards = async (encode: (form: Buffer) => Buffer, coding?: string): Promise<void> => {
      const answer = await postBody(`${running.url}/any`, encode(formOf(jpeg)), sentAs(coding));
      expect(answer.status, answer.text).toBe(200);
      expect(emulator.images.list()).toHaveLength(1);
    };

    it.each(fronts)(
      'a form that is refused ends like any other behind %s',
      async (_front, [prepare, encode, coding]) => {
        running = await start(emulator, prepare);
        const whole = await postBody(`${running.url}/any`, encode(text), sentAs(coding));
        expect([whole.status, whole.json.code]).toEqual([415, 'UNSUPPORTED_IMAGE_TYPE']);
        await afterwards(encode, coding);
      },
    );

    it.each(some)('a client that stalls is told so behind %s', async (_front, [prepare, encode, coding]) => {
      running = await start(emulator, prepare);
      const bytes = encode(formOf(large));
      const post = openPost(`${running.url}/any`, bytes.length, sentAs(coding));
      post.request.on('error', () => undefined);
      await post.write(bytes.subarray(0, 1_000_000));
      const stalled = await post.answer;
      expect([stalled.status, stalled.json.code, stalled.headers.connection]).toEqual([
        408,
        'CLIENT_STALLED',
        'close',
      ]);
      post.request.destroy();
      await afterwards(encode, coding);
    });

    it.each(some)('a client that leaves is undone behind %s', async (_front, [prepare, encode, coding]) => {
      running = await start(emulator, prepare);
      const bytes = encode(formOf(large));
      const post = openPost(`${running.url}/any`, bytes.length, sentAs(coding));
      post.request.on('error', () => undefined);
      await post.write(bytes.subarray(0, 2_000_000));
      post.request.destroy();
      await expect.poll(() => failures.map(({ code }) => code)).toEqual(['CLIENT_ABORTED']);
      await expect.poll(() => emulator.images.list()).toEqual([]);
      await afterwards(encode, coding);
    });

    it.each([
      ['in a pipeline', into(limitedTo(1_000_000, tooLarge))],
      ['in a pipe', (payload: Readable) => payload.pipe(limitedTo(1_000_000, tooLarge)())],
    ])('the status of a stream that gives up is the answer, %s', async (_how, make) => {
      running = await start(emulator, handOn(make));
      const answer = await postForm(
        `${running.url}/any`,
        [{ name: 'avatar', fileName: 'cat.jpg', bytes: large }],
        { agent },
      );
      expect(answer.status, answer.text).toBe(413);
      expect(failures).toEqual([
        expect.objectContaining({ statusCode: 413, message: 'The quota is used up.' }),
      ]);
      await expect.poll(() => emulator.images.list()).toEqual([]);
      await afterwards((form) => form);
    });

    it.each([
      ['fails without a status', (stream: Transform) => void stream.destroy(new Error('broken'))],
      ['is destroyed', (stream: Transform) => void stream.destroy()],
      ['ends early', (stream: Transform) => void stream.push(null)],
    ])('a stream that %s is a malformed form', async (_how, fail) => {
      running = await start(emulator, handOn(into(limitedTo(1_000_000, fail))));
      const answer = await postBody(`${running.url}/any`, formOf(large), { agent });
      expect([answer.status, answer.json?.code], answer.text).toEqual([400, 'MALFORMED_MULTIPART']);
      await expect.poll(() => emulator.images.list()).toEqual([]);
      await afterwards((form) => form);
    });

    it.each([
      ['its first bytes', Buffer.from('no gzip, and far from it')],
      ['the middle', Buffer.concat([gzip(formOf(large)).subarray(0, 500_000), Buffer.alloc(500_000, 'x')])],
      ['its end', gzip(formOf(large)).subarray(0, -100_000)],
    ])('a form that is no gzip from %s on is what @fastify/compress says', async (_where, bytes) => {
      running = await start(emulator, COMPRESS);
      const answer = await postBody(`${running.url}/any`, bytes, sentAs('gzip'));
      expect(answer.status, answer.text).toBe(400);
      expect(failures).toEqual([expect.objectContaining({ code: 'FST_CP_ERR_INVALID_CONTENT' })]);
      await expect.poll(() => emulator.images.list()).toEqual([]);
      await afterwards(gzip, 'gzip');
    });
  },
);
