import { createServer } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { type ImgwireUploadViaUrlOptions, imgwireErrorHandler, imgwireUploadViaUrl } from '@imgwire/express';
import { type FastifyImgwireOptions, imgwire, type UploadViaUrlRules } from '@imgwire/fastify';
import express5, { type Express } from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../support/targets.ts';

/** A server whose POST /import responds with the images of the request. */
type Start = (options: ImgwireUploadViaUrlOptions) => Promise<{ url: string; close(): Promise<unknown> }>;

const onExpress =
  (makeApp: () => Express): Start =>
  async (options) => {
    const app = makeApp();
    app.post('/import', imgwireUploadViaUrl(options), (req, res) => {
      res.json({ image: req.image, images: req.images });
    });
    app.use(imgwireErrorHandler());
    const server = createServer(app);
    return {
      url: await listen(server),
      close: async () => {
        server.closeAllConnections();
        server.close();
      },
    };
  };

const onFastify: Start = async ({ allowedHosts, maxUrlLength, authorize, metadata, ...connection }) => {
  const app = fastify();
  await app.register(imgwire, connection as FastifyImgwireOptions);
  const rules = { allowedHosts, maxUrlLength, authorize, metadata } as UploadViaUrlRules;
  app.post('/import', { preHandler: app.imgwire.uploadViaUrl(rules) }, async ({ image, images }) => ({
    image,
    images,
  }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    url,
    close: () => {
      app.server.closeAllConnections();
      return app.close();
    },
  };
};

const APPS: ReadonlyArray<[string, Start]> = [
  ['Express 4', onExpress(() => express4())],
  ['Express 5', onExpress(() => express5())],
  ['Fastify', onFastify],
];
const SOURCE = 'https://images.example.com/a.jpg';

describe.each(APPS)('imports on %s', (_name, startApp) => {
  let emulator: Emulator;
  let app: Awaited<ReturnType<Start>>;
  const start = async (options: Partial<ImgwireUploadViaUrlOptions> = {}): Promise<void> => {
    const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url, requestTimeoutMs: 500 };
    app = await startApp({ ...connection, allowedHosts: ['images.example.com'], ...options });
  };
  const post = (body: string, type = 'application/json'): Promise<Response> =>
    fetch(`${app.url}/import`, { method: 'POST', headers: { 'content-type': type }, body });
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });

  it('lets Imgwire fetch the image and puts it on the request', async () => {
    await start({ metadata: () => ({ purpose: 'migration' }) });
    emulator.faults.add({
      route: 'upload_via_url',
      status: 200,
      body: { id: 'abc', cdn_url: 'https://cdn.example/abc' },
    });
    const answer = await post(JSON.stringify({ url: SOURCE }));
    expect(await answer.json()).toMatchObject({ image: { id: 'abc' }, images: [{ id: 'abc' }] });
    expect(emulator.requests[0]?.body).toMatchObject({ url: SOURCE, purpose: 'migration' });
  });

  it('asks authorize before anything else', async () => {
    await start({ authorize: async () => false });
    const answer = await post(JSON.stringify({ url: SOURCE }));
    expect(answer.status).toBe(403);
    expect(emulator.requests).toEqual([]);
  });

  it.each([
    [{ url: 'http://images.example.com/a.jpg' }, 'URL_SCHEME_NOT_ALLOWED'],
    [{ url: 'https://127.0.0.1/a.jpg' }, 'URL_IP_ADDRESS_NOT_ALLOWED'],
    [{ url: 'https://evil.example/a.jpg' }, 'URL_HOST_NOT_ALLOWED'],
    [{ url: { href: SOURCE } }, 'URL_INVALID'],
    [[], 'URL_INVALID'],
    [{}, 'URL_INVALID'],
  ])('refuses %j with the code that says why', async (body, code) => {
    await start();
    const answer = await post(JSON.stringify(body));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code });
    expect(emulator.requests).toEqual([]);
  });

  it.each([
    [{ status: 422, body: { detail: 'no image there' } }, 502, 'UPSTREAM_REJECTED'],
    [{ status: 500 }, 503, 'UPSTREAM_UNAVAILABLE'],
    [{ hang: true }, 504, 'UPSTREAM_TIMEOUT'],
  ] as const)('answers a failing service: %j', async (fault, status, code) => {
    await start();
    emulator.faults.add({ route: 'upload_via_url', times: Number.POSITIVE_INFINITY, ...fault });
    const answer = await post(JSON.stringify({ url: SOURCE }));
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
  });

  it('needs a list of hosts', async () => {
    await expect(start({ allowedHosts: [] })).rejects.toThrow(/"allowedHosts" must be an array/);
    await start();
  });
});
