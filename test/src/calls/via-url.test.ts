import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { type ImgwireUploadViaUrlOptions, imgwireErrorHandler, imgwireUploadViaUrl } from '@imgwire/express';
import express5, { type Express } from 'express';
import express4 from 'express4';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../support/targets.ts';

const APPS: ReadonlyArray<[string, () => Express]> = [
  ['Express 4', () => express4()],
  ['Express 5', () => express5()],
];
const SOURCE = 'https://images.example.com/a.jpg';

describe.each(APPS)('imports on %s', (_name, makeApp) => {
  let emulator: Emulator;
  let server: Server;
  let url: string;
  const start = async (options: Partial<ImgwireUploadViaUrlOptions> = {}): Promise<void> => {
    const app = makeApp();
    const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url, requestTimeoutMs: 500 };
    const middleware = imgwireUploadViaUrl({
      ...connection,
      allowedHosts: ['images.example.com'],
      ...options,
    });
    app.post('/import', middleware, (req, res) => {
      res.json({ image: req.image, images: req.images });
    });
    app.use(imgwireErrorHandler());
    server = createServer(app);
    url = await listen(server);
  };
  const post = (body: string, type = 'application/json'): Promise<Response> =>
    fetch(`${url}/import`, { method: 'POST', headers: { 'content-type': type }, body });
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
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
    await start();
    expect(() => imgwireUploadViaUrl({ apiKey: 'sk_x' } as never)).toThrow(/"allowedHosts" must be an array/);
  });
});
