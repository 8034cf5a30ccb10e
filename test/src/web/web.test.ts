import { AsyncLocalStorage } from 'node:async_hooks';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type Imgwire,
  ImgwireError,
  type ImgwireUploadOptions,
  imgwireErrorResponse,
  imgwireUpload,
  imgwireUploadToken,
  imgwireUploadViaUrl,
} from '@imgwire/web';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { overRest } from '../support/upload-suite.ts';

const png = await image('image/png');
const form = encodeForm([
  { name: 'title', value: 'Katze' },
  { name: 'avatar', fileName: 'a.png', bytes: png },
]);
const TYPE = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };

/** A request as a platform makes it. */
const post = (body: NonNullable<RequestInit['body']>, init: RequestInit = {}): Request =>
  new Request('http://localhost/avatar', { method: 'POST', body, headers: TYPE, duplex: 'half', ...init });

/** A body that is pulled, and what has become of it. */
function pulled(chunks: Iterable<Uint8Array>): {
  readonly body: ReadableStream<Uint8Array>;
  readonly seen: { pulls: number; cancelled: boolean };
} {
  const iterator = chunks[Symbol.iterator]();
  const seen = { pulls: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        seen.pulls++;
        const { done, value } = iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

let emulator: Emulator;
let imgwire: Imgwire;
const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => void rejections.push(reason);
beforeEach(async () => {
  rejections.length = 0;
  process.on('unhandledRejection', onRejection);
  emulator = await startEmulator();
  imgwire = createImgwire(overRest(emulator));
});
afterEach(async () => {
  await imgwire.close();
  await emulator.close();
  process.off('unhandledRejection', onRejection);
  expect(rejections).toEqual([]);
  vi.unstubAllEnvs();
});
const avatar = (options: ImgwireUploadOptions = {}) =>
  imgwireUpload({ imgwire, ...options }).single('avatar');
const stored = (): number => emulator.images.list().length;

describe('receive()', () => {
  it('resolves with the images, the files and the text fields', async () => {
    const { image, images, files, byField, fields } = await avatar().receive(post(form));
    expect(image).toBe(images[0]);
    expect(images).toHaveLength(1);
    expect(files).toMatchObject([{ fieldname: 'avatar', size: png.length, mimetype: 'image/png' }]);
    expect(byField['avatar']).toEqual(files);
    expect(fields).toEqual({ title: 'Katze' });
  });

  it('gives back what discard() deletes', async () => {
    const { discard } = await avatar().receive(post(form));
    expect(stored()).toBe(1);
    await discard();
    expect(stored()).toBe(0);
  });

  it.each([
    ['no body', new Request('http://localhost/')],
    ['another body', post('{}', { headers: { 'content-type': 'application/json' } })],
  ])('has nothing of a request with %s, and leaves it', async (_what, request) => {
    expect(await avatar().receive(request)).toMatchObject({
      image: undefined,
      images: [],
      files: [],
      fields: {},
    });
    expect(request.bodyUsed).toBe(false);
  });

  it.each<[string, (request: Request) => unknown]>([
    ['read', (request) => request.arrayBuffer()],
    ['locked', (request) => request.body?.getReader()],
  ])('rejects a body that was %s before', async (_how, use) => {
    const request = post(form);
    await use(request);
    await expect(avatar().receive(request)).rejects.toMatchObject({ code: 'BODY_ALREADY_READ', status: 500 });
  });

  it('pulls nothing before authorize has let the request in', async () => {
    const { body, seen } = pulled([form]);
    let before = -1;
    const authorize = async (request: Request): Promise<boolean> => {
      before = seen.pulls;
      return request.url.endsWith('/avatar');
    };
    await avatar({ authorize }).receive(post(body));
    expect(before).toBe(0);
  });

  it('pulls no further than the service takes the bytes', async () => {
    const large = encodeForm([
      { name: 'avatar', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', 40 * 1024 * 1024) },
    ]);
    const size = 64 * 1024;
    const count = Math.ceil(large.length / size);
    const chunks = Array.from({ length: count }, (_, at) => large.subarray(at * size, (at + 1) * size));
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 100_000 });
    const { body, seen } = pulled(chunks);
    const headers = { ...TYPE, 'content-length': String(large.length) };
    const received = avatar({ replay: false }).receive(post(body, { headers }));
    await emulator.waitFor(({ requests }) => requests.some(({ bytesReceived }) => bytesReceived >= 100_000));
    let last = -1;
    // Until the buffers on the way are full.
    while (last !== seen.pulls) {
      last = seen.pulls;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(seen.pulls).toBeLessThan(count / 2);
    stall.remove();
    expect((await received).images).toHaveLength(1);
  });

  it('cancels the rest of a body that is too large to be drained', async () => {
    const endless = function* (): Generator<Uint8Array> {
      yield form.subarray(0, -1);
      for (;;) yield new Uint8Array(1024);
    };
    const { body, seen } = pulled(endless());
    const headers = { ...TYPE, 'content-length': String(2 ** 40) };
    await expect(avatar().receive(post(body, { headers }))).rejects.toMatchObject({
      code: 'LIMIT_REQUEST_SIZE',
    });
    await expect.poll(() => seen.cancelled).toBe(true);
    expect(seen.pulls).toBe(0);
  });

  it('is CLIENT_ABORTED for a request that was aborted before', async () => {
    const request = post(form, { signal: AbortSignal.abort() });
    await expect(avatar().receive(request)).rejects.toMatchObject({ code: 'CLIENT_ABORTED' });
    expect(emulator.requests).toEqual([]);
  });

  it('undoes the upload of a request that is aborted when all of it has arrived', async () => {
    emulator.faults.add({ route: 'put', hang: true });
    const controller = new AbortController();
    const received = avatar().receive(post(form, { signal: controller.signal }));
    received.catch(() => undefined);
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived === png.length),
    );
    controller.abort();
    await expect(received).rejects.toMatchObject({ code: 'CLIENT_ABORTED' });
    expect(stored()).toBe(0);
  });

  it('is CLIENT_ABORTED where the body breaks off with an error', async () => {
    const broken = function* (): Generator<Uint8Array> {
      yield form.subarray(0, 200);
      throw new Error('connection lost');
    };
    const { body } = pulled(broken());
    await expect(avatar().receive(post(body))).rejects.toMatchObject({ code: 'CLIENT_ABORTED' });
    expect(stored()).toBe(0);
  });

  it('calls metadata with the request, in the context of its caller', async () => {
    const session = new AsyncLocalStorage<string>();
    const metadata = ({ headers }: Request) => ({
      customMetadata: { user: session.getStore() ?? 'nobody', type: headers.get('x-from') ?? '' },
    });
    const request = post(form, { headers: { ...TYPE, 'x-from': 'phone' } });
    await session.run('ann', () => avatar({ metadata }).receive(request));
    expect(emulator.images.list()).toMatchObject([{ custom_metadata: { user: 'ann', type: 'phone' } }]);
  });
});

describe('handler()', () => {
  it('passes on what a framework passes besides the request', async () => {
    const route = avatar().handler(
      ({ fields }, request, context: { readonly params: { readonly id: string } }) =>
        Response.json({ ...fields, path: new URL(request.url).pathname, ...context.params }),
    );
    const response = await route(post(form), { params: { id: '7' } });
    expect(await response.json()).toEqual({ title: 'Katze', path: '/avatar', id: '7' });
  });

  it('turns upload errors of the handler into problem details too', async () => {
    const route = avatar().handler(() => {
      throw new ImgwireError('TOO_MANY_UPLOADS', { retryAfter: 3 });
    });
    const response = await route(post(form));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('3');
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'TOO_MANY_UPLOADS', retryAfter: 3 });
  });

  it('throws other errors on, and answers none of them', async () => {
    const failure = new Error('the database is gone');
    const route = avatar().handler(() => Promise.reject(failure));
    await expect(route(post(form))).rejects.toBe(failure);
    expect(imgwireErrorResponse(failure)).toBeUndefined();
    expect(stored()).toBe(1);
  });

  it.each<[string, () => Response]>([
    ['answers with an error', () => new Response(null, { status: 409 })],
    [
      'throws',
      () => {
        throw new Error('the database is gone');
      },
    ],
  ])('deletes the images with discardOnError when it %s', async (_how, handle) => {
    const route = avatar({ discardOnError: true }).handler(handle);
    await route(post(form)).catch(() => undefined);
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put', 'delete']);
    expect(stored()).toBe(0);
  });

  it('deletes the images with discardOnError when nobody waits for its response any more', async () => {
    const controller = new AbortController();
    const route = avatar({ discardOnError: true }).handler(() => {
      controller.abort();
      return new Response();
    });
    await route(post(form, { signal: controller.signal }));
    expect(stored()).toBe(0);
  });

  it('keeps the images with discardOnError when it answers well', async () => {
    const route = avatar({ discardOnError: true }).handler(() => new Response(null, { status: 303 }));
    await route(post(form));
    expect(stored()).toBe(1);
  });
});

describe('a route that is made where there is no key', () => {
  const request = post(JSON.stringify({ url: 'https://a.example.com/a.png' }), {
    headers: { 'content-type': 'application/json' },
  });
  const routes: Readonly<Record<string, () => (request: Request) => Promise<unknown>>> = {
    'an upload': () => imgwireUpload().any({ required: true }).receive,
    'a token': () => imgwireUploadToken({ authorize: () => true }),
    'an import': () => imgwireUploadViaUrl({ allowedHosts: ['a.example.com'] }),
  };

  it.each(Object.entries(routes))('says so to its first request: %s', async (_name, make) => {
    vi.stubEnv('IMGWIRE_API_KEY', '');
    const route = make();
    await expect(route(request.clone())).rejects.toThrow(/no API key/);
  });

  it('still checks its rules', () => {
    vi.stubEnv('IMGWIRE_API_KEY', '');
    expect(() => imgwireUpload({ maxPixel: 1 } as never)).toThrow(/unknown option "maxPixel"/);
    expect(() => imgwireUpload().single('a', { accept: [] })).toThrow(
      /imgwireUpload\(\)\.single\(\).*"accept"/,
    );
    expect(() => imgwireUploadToken({} as never)).toThrow(/"authorize" is required/);
    expect(() => imgwireUploadViaUrl({} as never)).toThrow(/"allowedHosts" is required/);
    expect(() => imgwireUploadViaUrl({ allowedHosts: ['*'] })).toThrow(/"allowedHosts"/);
  });
});

describe('imgwireUploadViaUrl()', () => {
  const json = (url: string): Request =>
    new Request('http://localhost/import', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url }),
    });

  it('responds with the record', async () => {
    const body = { id: 'abc', cdn_url: 'https://cdn.example/abc' };
    emulator.faults.add({ route: 'upload_via_url', status: 200, body });
    const route = imgwireUploadViaUrl({ imgwire, allowedHosts: ['images.example.com'] });
    const response = await route(json('https://images.example.com/a.jpg'));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject(body);
  });

  it('rejects a body that was read before', async () => {
    const request = json('https://images.example.com/a.jpg');
    await request.json();
    const route = imgwireUploadViaUrl({ imgwire, allowedHosts: ['images.example.com'] });
    expect((await route(request)).status).toBe(500);
    await expect(route.receive(request)).rejects.toMatchObject({ code: 'BODY_ALREADY_READ' });
  });
});
