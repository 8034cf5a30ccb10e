import { once } from 'node:events';
import { createServer } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type Imgwire,
  type ImgwireUploadOptions,
  imgwireErrorResponse,
  imgwireUpload,
  imgwireUploadToken,
  imgwireUploadViaUrl,
} from '@imgwire/web';
import { type Context, Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BOUNDARY, encodeForm, postForm } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { overRest } from '../support/upload-suite.ts';

const parts = [{ name: 'avatar', fileName: 'a.png', bytes: await image('image/png') }];
const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
const form = (): RequestInit => ({ method: 'POST', headers, body: encodeForm(parts) });

let emulator: Emulator;
let imgwire: Imgwire;
let printed: string[];
beforeEach(async () => {
  emulator = await startEmulator();
  imgwire = createImgwire(overRest(emulator));
  printed = [];
  vi.spyOn(console, 'error').mockImplementation((said: unknown) => {
    const chain = [];
    for (let error = said; error instanceof Error; error = error.cause) chain.push(error.message);
    printed.push(chain.join(' < '));
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await imgwire.close();
  await emulator.close();
});

describe('a route that is given something else than a web request', () => {
  const routes = (): Readonly<Record<string, (given: never) => Promise<unknown>>> => ({
    'receive()': imgwireUpload({ imgwire }).single('avatar').receive,
    'the route of handler()': imgwireUpload({ imgwire })
      .single('avatar')
      .handler(() => new Response()),
    'imgwireUploadToken()': imgwireUploadToken({ imgwire, authorize: () => true }),
    'imgwireUploadViaUrl()': imgwireUploadViaUrl({ imgwire, allowedHosts: ['a.example.com'] }),
    'receive() of an import': imgwireUploadViaUrl({ imgwire, allowedHosts: ['a.example.com'] }).receive,
  });
  /** What a framework gives to a handler, and what is to be passed in its place. */
  const GIVEN: Readonly<Record<string, [() => unknown, RegExp]>> = {
    "SvelteKit's event, Elysia's context": [
      () => ({ request: new Request('http://a/'), headers: {}, params: {}, body: {} }),
      /pass its `request` instead\.$/,
    ],
    "h3's event": [() => ({ req: new Request('http://a/') }), /pass its `req` instead\.$/],
    nothing: [() => undefined, /takes a web request: the `Request` that the platform has made\.$/],
  };

  it.each(Object.keys(routes()))("says to %s which part of Hono's context it takes", async (name) => {
    const route = routes()[name];
    const said: unknown[] = [];
    const app = new Hono()
      .post('/context', (c) => route?.(c as never) as Promise<Response>)
      .post('/request', (c) => route?.(c.req as never) as Promise<Response>)
      .onError((error, c) => {
        said.push(error);
        return c.text('', 500);
      });
    for (const path of ['/context', '/request']) await app.request(path, form());
    const expected = expect.objectContaining({
      name: 'TypeError',
      message: expect.stringMatching(/takes a web request: pass its `c\.req\.raw` instead\.$/),
    });
    expect(said).toEqual([expected, expected]);
    expect(emulator.requests).toEqual([]);
  });

  it.each(Object.entries(GIVEN))('says what to pass in place of %s', async (_name, [make, said]) => {
    for (const route of Object.values(routes())) await expect(route(make() as never)).rejects.toThrow(said);
  });

  it("names the packages for Node's own request", async () => {
    const { receive } = imgwireUpload({ imgwire }).single('avatar');
    const said: string[] = [];
    const server = createServer((req, res) => {
      receive(req as never).catch((error: Error) => {
        said.push(error.message);
        res.end();
      });
    });
    await postForm(await listen(server), parts);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(said).toEqual([expect.stringMatching(/@imgwire\/express.*App Router \(route\.ts\)\.$/)]);
  });
});

describe('a body that was read before', () => {
  it.each<[string, (c: Context) => Promise<unknown>]>([
    ['c.req.parseBody()', (c) => c.req.parseBody()],
    ['request.formData()', (c) => c.req.raw.formData()],
  ])('says in Hono to leave out %s', async (call, read) => {
    const app = new Hono().use(async (c, next) => {
      await read(c);
      await next();
    });
    const avatar = imgwireUpload({ imgwire })
      .single('avatar')
      .handler(() => new Response());
    app.post('/', (c) => avatar(c.req.raw));
    const response = await app.request('/', form());
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    expect([response.status, code]).toEqual([500, 'BODY_ALREADY_READ']);
    expect(detail).toContain(call);
    expect(detail).not.toMatch(/middleware|rawBody/);
    expect(printed).toEqual([detail]);
  });
});

describe('what the operator has to mend', () => {
  /** The onError of the README. */
  const appOf = (options: ImgwireUploadOptions): Hono => {
    const avatar = imgwireUpload({ maxAttempts: 1, ...options } as ImgwireUploadOptions).single('avatar');
    const app = new Hono();
    app.post('/avatar', async (c) => c.json((await avatar.receive(c.req.raw)).images));
    app.get('/broken', () => {
      throw new Error('the database is gone');
    });
    app.get('/secret', () => {
      throw new HTTPException(401, { message: 'Who are you?' });
    });
    app.onError((error) => {
      const response = imgwireErrorResponse(error);
      if (response) return response;
      if (error instanceof HTTPException) return error.getResponse();
      console.error(error);
      return new Response('Internal Server Error', { status: 500 });
    });
    return app;
  };

  it.each<[string, number, RegExp, () => Promise<ImgwireUploadOptions> | ImgwireUploadOptions]>([
    [
      'a wrong key',
      502,
      /\b401\b/,
      () => ({ ...overRest(emulator), apiKey: 'sk_of_another_environment' }) as never,
    ],
    [
      'an emulator that is not running',
      503,
      /ECONNREFUSED/,
      async () => ({ apiKey: 'sk_of_nobody', baseUrl: `http://127.0.0.1:${await freePort()}` }),
    ],
    [
      'an authorize that answers an object',
      403,
      /only true/,
      () => ({ ...overRest(emulator), authorize: (() => ({})) as never }) as never,
    ],
  ])(
    'is printed once, with its cause, when nothing else is set up: %s',
    async (_what, status, said, options) => {
      const { authorize, ...connection } = await options();
      const app = appOf({ ...connection, authorize });
      expect((await app.request('/avatar', form())).status).toBe(status);
      expect(printed).toEqual([expect.stringMatching(said)]);
    },
  );

  it('is no mistake of the client', async () => {
    const text = encodeForm([{ name: 'avatar', fileName: 'a.png', bytes: Buffer.from('hello') }]);
    const response = await appOf(overRest(emulator) as never).request('/avatar', {
      method: 'POST',
      headers,
      body: text,
    });
    expect(response.status).toBe(415);
    expect(printed).toEqual([]);
  });

  it("leaves the application's own errors to it", async () => {
    const app = appOf(overRest(emulator) as never);
    expect((await app.request('/secret')).status).toBe(401);
    expect(printed).toEqual([]);
    expect((await app.request('/broken')).status).toBe(500);
    expect(printed).toEqual(['the database is gone']);
  });
});
