import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireErrorHandler, imgwireUpload, withImage } from '@imgwire/express';
import { imgwire, withImage as withImageOnFastify } from '@imgwire/fastify';
import express5, { type ErrorRequestHandler } from 'express';
import express4 from 'express4';
import { fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';

type Serve = (api: { readonly apiKey: string; readonly baseUrl: string }) => Server | Promise<Server>;

const express =
  (makeApp: typeof express5 | typeof express4): Serve =>
  (api) => {
    const app = makeApp();
    const handle = withImage((req, res) => res.json({ id: req.image.id }));
    app.post('/', imgwireUpload(api).single('a'), handle);
    app.post('/alone', handle);
    app.put('/', imgwireUpload(api).body(), handle);
    app.put('/required', imgwireUpload(api).body({ required: true }), handle);
    app.post('/required', imgwireUpload(api).single('a', { required: true }), handle);
    app.use(imgwireErrorHandler());
    app.use(((error, _req, res, _next) =>
      res.status(500).json({ message: error.message })) as ErrorRequestHandler);
    return createServer(app);
  };

const onFastify: Serve = async (api) => {
  const app = fastify();
  await app.register(imgwire, api);
  const handle = withImageOnFastify(async (request) => ({ id: request.image.id }));
  app.post('/', { preHandler: app.imgwire.single('a') }, handle);
  app.post('/alone', { config: { imgwire: true } }, handle);
  app.put('/', { preHandler: app.imgwire.body() }, handle);
  app.put('/required', { preHandler: app.imgwire.body({ required: true }) }, handle);
  app.post('/required', { preHandler: app.imgwire.single('a', { required: true }) }, handle);
  await app.ready();
  return app.server;
};

describe.each([
  ['Express 4', express(express4)],
  ['Express 5', express(express5)],
  ['Fastify', onFastify],
])('a handler with an image, on %s', (_name, serve) => {
  let emulator: Emulator;
  let server: Server;
  let url: string;
  beforeEach(async () => {
    emulator = await startEmulator();
    server = await serve({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    url = await listen(server);
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await emulator.close();
  });

  it('gets it', async () => {
    const answer = await postForm(url, [{ name: 'a', fileName: 'a.png', bytes: await image('image/png') }]);
    expect(answer.json).toEqual({ id: emulator.images.list()[0]?.id });
  });

  it('is not called without one', async () => {
    const answer = await postForm(url, [{ name: 'title', value: 'x' }]);
    expect(answer).toMatchObject({ status: 400, json: { code: 'FILE_REQUIRED' } });
  });

  it.each([
    ['POST', 'form', 'NOT_MULTIPART'],
    ['PUT', 'image', 'NOT_AN_IMAGE_BODY'],
  ])('answers a %s that is no %s as the upload does that requires one', async (method, _what, code) => {
    const answers = ['/', '/required'].map(async (path) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(url + path, { method, headers, body: '{}' });
      return [answer.status, await answer.json()];
    });
    const [own, required] = await Promise.all(answers);
    expect(own).toEqual([415, expect.objectContaining({ code })]);
    expect(own).toEqual(required);
  });

  it('says to the developer, and not to the client, that no upload is in front of it', async () => {
    const answer = await postForm(`${url}/alone`, [
      { name: 'a', fileName: 'a.png', bytes: await image('image/png') },
    ]);
    expect(answer).toMatchObject({
      status: 500,
      json: {
        message: expect.stringMatching(
          /^withImage\(\): no upload has run on this request: write .*single\('avatar'\)/,
        ),
      },
    });
  });
});
