import { afterEach, describe, expect, it } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from './index.ts';
import { api, create, makePng, put, send, upload } from './testing/client.ts';

let emulator: Emulator;
const start = async (options: EmulatorOptions = {}): Promise<void> => {
  emulator = await startEmulator(options);
};
afterEach(() => emulator.close());

const clientCreate = (token?: string, body: object = {}) =>
  api(
    emulator,
    'POST',
    `/images/standard_upload${token === undefined ? '' : `?upload_token=${encodeURIComponent(token)}`}`,
    { file_name: 'a.png', ...body },
    emulator.clientKey,
  );

const newToken = async (): Promise<{ id: string; token: string }> =>
  (await api(emulator, 'POST', '/images/token')).json;

describe('an upload token', () => {
  it('works once, and its image says which it was', async () => {
    await start();
    const { id, token } = await newToken();
    expect((await clientCreate(token)).json.image.upload_token_id).toBe(id);
    const again = await clientCreate(token);
    expect([again.status, again.json.error_type]).toEqual([401, 'InvalidTokenError']);
  });

  it('works again for a retry of the same create', async () => {
    await start();
    const { token } = await newToken();
    const [first, second] = [
      await clientCreate(token, { idempotency_key: 'k' }),
      await clientCreate(token, { idempotency_key: 'k' }),
    ];
    expect(second.json.image.id).toBe(first.json.image.id);
  });

  it('works many times where it is set to', async () => {
    await start({ singleUseTokens: false });
    const { token } = await newToken();
    expect([(await clientCreate(token)).status, (await clientCreate(token)).status]).toEqual([200, 200]);
  });

  it.each(['', 'unknown', '%00'])('that is %j is refused with 401', async (token) => {
    await start();
    expect((await clientCreate(token)).status).toBe(401);
  });

  it('expires', async () => {
    await start({ uploadTokenTtlMs: 0 });
    const { token } = await newToken();
    expect((await clientCreate(token)).json.detail).toContain('expired');
  });

  it('is needed where the key asks for it, by the client only', async () => {
    await start({ allowUnsignedUpload: false });
    expect((await clientCreate()).status).toBe(401);
    await create(emulator);
    expect((await clientCreate((await newToken()).token)).status).toBe(200);
  });

  it('is issued to a POST with an empty body and a JSON type', async () => {
    await start();
    const headers = { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' };
    expect((await send(`${emulator.url}/api/v1/images/token`, { method: 'POST', headers })).status).toBe(200);
  });
});

describe('a limit', () => {
  it('of the client key is on the declared size and type', async () => {
    await start({ maximumUploadBytes: 5120, allowedMimeTypes: ['image/png'] });
    expect(
      (await clientCreate(undefined, { content_length: 5121, mime_type: 'image/png' })).json.error_type,
    ).toBe('OperationNotAllowedError');
    expect((await clientCreate(undefined, { content_length: 5120, mime_type: 'image/gif' })).status).toBe(
      403,
    );
    expect((await clientCreate(undefined, { content_length: 5120, mime_type: 'image/png' })).status).toBe(
      200,
    );
    await create(emulator, { content_length: 10_000_000 });
  });

  it('on pending uploads is freed by upload and by delete', async () => {
    await start({ maximumPendingUploads: 5 });
    const uploads = [];
    for (let count = 0; count < 5; count += 1) uploads.push(await create(emulator));
    expect(await clientCreate()).toMatchObject({
      status: 402,
      json: { error_type: 'PaymentRequiredError' },
    });
    await put(uploads[0]?.upload_url ?? '', makePng());
    await create(emulator);
    await api(emulator, 'DELETE', `/images/${uploads[1]?.image.id}`);
    await create(emulator);
  });
});

describe('an idempotency key', () => {
  it('replays the record, with a new URL and can_upload false once bytes are there', async () => {
    await start();
    const first = await create(emulator, { idempotency_key: 'k', purpose: 'a' });
    await put(first.upload_url, makePng());
    const second = await create(emulator, { idempotency_key: 'k', purpose: 'b' });
    expect(second.image).toMatchObject({
      id: first.image.id,
      purpose: 'a',
      can_upload: false,
      status: 'READY',
    });
  });

  it('makes one record of a hundred creates at once', async () => {
    await start();
    const made = await Promise.all(
      Array.from({ length: 100 }, () => create(emulator, { idempotency_key: 'k' })),
    );
    expect(new Set(made.map(({ image }) => image.id)).size).toBe(1);
  });

  it('conflicts or is ignored where it is set to', async () => {
    await start({ idempotency: 'conflict' });
    await create(emulator, { idempotency_key: 'k' });
    expect((await clientCreate(undefined, { idempotency_key: 'k' })).status).toBe(409);
    await emulator.close();
    await start({ idempotency: 'ignore' });
    const [one, two] = [
      await create(emulator, { idempotency_key: 'k' }),
      await create(emulator, { idempotency_key: 'k' }),
    ];
    expect(one.image.id).not.toBe(two.image.id);
  });
});

describe('a repeated PUT', () => {
  it('replaces the bytes where it is set to', async () => {
    await start({ repeatedPut: 'overwrite' });
    const { image, upload_url } = await create(emulator);
    await put(upload_url, makePng(1, 1));
    await put(upload_url, makePng(2, 2));
    expect(emulator.images.get(image.id)).toMatchObject({ width: 2, status: 'READY' });
    expect(await emulator.images.bytes(image.id)).toEqual(makePng(2, 2));
  });

  it('is refused where it is set to', async () => {
    await start({ repeatedPut: 'reject' });
    const { upload_url } = await create(emulator);
    await put(upload_url, makePng());
    expect((await put(upload_url, makePng())).status).toBe(409);
  });
});

describe('a browser', () => {
  const origin = 'https://app.example.com';
  const preflight = (url: string, method: string, headers: string) =>
    send(url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': headers },
    });

  it('can do the whole signed upload: each preflight is allowed and each answer readable', async () => {
    await start();
    const { token } = await newToken();
    const createUrl = `${emulator.url}/api/v1/images/standard_upload?upload_token=${token}`;
    const asked = await preflight(createUrl, 'POST', 'authorization, content-type');
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
    expect(asked.headers.get('access-control-allow-headers')).toBe('authorization, content-type');
    const headers = {
      origin,
      authorization: `Bearer ${emulator.clientKey}`,
      'content-type': 'application/json',
    };
    const created = await send(createUrl, {
      method: 'POST',
      headers,
      body: JSON.stringify({ file_name: 'a.png', mime_type: 'image/png' }),
    });
    expect(created.headers.get('access-control-allow-origin')).toBe(origin);
    const { image, upload_url } = created.json;
    const askedPut = await preflight(upload_url, 'PUT', 'content-type');
    expect(askedPut.headers.get('access-control-allow-methods')).toContain('PUT');
    const stored = await put(upload_url, makePng(), { origin, 'content-type': 'image/png' });
    expect([stored.status, stored.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    const seen = await send(`${emulator.url}/api/v1/images/${image.id}`, {
      headers: { origin, authorization: `Bearer ${emulator.clientKey}` },
    });
    expect(seen.json.status).toBe('READY');
  });

  it('can read errors, of the API and of the store', async () => {
    await start();
    const { upload_url } = await create(emulator);
    const replies = [
      await send(`${emulator.url}/api/v1/images/`, { headers: { origin } }),
      await put(`${upload_url}x`, makePng(), { origin }),
      await send(`${emulator.url}/nothing`, { headers: { origin } }),
    ];
    for (const reply of replies) expect(reply.headers.get('access-control-allow-origin')).toBe(origin);
  });

  it('of an origin that fits no pattern does not get to read API answers', async () => {
    await start();
    const image = await upload(emulator, makePng());
    await api(emulator, 'POST', '/cors_origins/', { pattern: '*.example.com' });
    await api(emulator, 'POST', '/cors_origins/', { pattern: 'localhost:3000' });
    const allowed = async (from: string, path: string) =>
      (await send(path, { headers: { origin: from } })).headers.get('access-control-allow-origin') === from;
    const list = `${emulator.url}/api/v1/images/`;
    expect(await allowed('https://app.example.com', list)).toBe(true);
    expect(await allowed('http://localhost:3000', list)).toBe(true);
    expect(await allowed('http://localhost:4000', list)).toBe(false);
    expect(await allowed('https://example.com.evil.org', list)).toBe(false);
    expect(await allowed('null', list)).toBe(false);
    expect(await allowed('https://elsewhere.org', image.cdn_url)).toBe(true);
  });

  // The service documents hosts as patterns; what else people give is taken for the origin that it is.
  it.each([
    ['app.example.com', 'https://app.example.com', true],
    ['app.example.com', 'http://app.example.com', true],
    ['APP.Example.com', 'https://app.example.com', true],
    ['app.example.com:443', 'https://app.example.com', true],
    ['app.example.com:80', 'https://app.example.com', false],
    ['app.example.com', 'https://app.example.com:8443', false],
    ['https://app.example.com', 'https://app.example.com', true],
    ['https://app.example.com', 'http://app.example.com', false],
    ['https://app.example.com/', 'https://app.example.com', true],
    [' https://app.example.com:443 ', 'https://app.example.com', true],
    ['http://localhost:3000', 'http://localhost:3000', true],
    ['http://localhost:3000', 'http://localhost:3001', false],
    ['http://[::1]:3000', 'http://[::1]:3000', true],
    ['https://*.example.com', 'https://app.example.com', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'http://app.example.com', false],
    ['*.example.com:3000', 'http://a.b.example.com:3000', true],
    ['bücher.example', 'https://xn--bcher-kva.example', true],
    ['capacitor://localhost', 'capacitor://localhost', true],
    ['*', 'https://anything.example', true],
    ['https://', 'https://app.example.com', false],
  ])('with the pattern %s configured, %s may read: %s', async (pattern, from, may) => {
    await start();
    await api(emulator, 'POST', '/cors_origins/', { pattern });
    const reply = await send(`${emulator.url}/api/v1/images/`, { headers: { origin: from } });
    expect(reply.headers.get('access-control-allow-origin')).toBe(may ? from : null);
  });
});

it.each<[string, object]>([
  ['unknown option "prot"; did you mean "port"?', { prot: 1 }],
  ['"port" must be an integer from 0 to 65535', { port: -1 }],
  ['"publicUrl" must be an absolute http or https URL', { publicUrl: '/x' }],
  ['"idempotency" must be one of replay, conflict, ignore', { idempotency: 'maybe' }],
  ['"allowedMimeTypes" must be an array of the image types', { allowedMimeTypes: ['image/jpg'] }],
  ['"maximumUploadBytes" must be an integer from 5120', { maximumUploadBytes: 1 }],
])('a wrong option is a TypeError before anything starts: %s', async (message, options) => {
  await start();
  await expect(startEmulator(options)).rejects.toThrow(message);
});

it('puts the public URL in front of upload and delivery URLs', async () => {
  await start({ publicUrl: 'https://images.test/base/' });
  const { image, upload_url } = await create(emulator);
  expect(upload_url).toMatch(/^https:\/\/images\.test\/base\/uploads\//);
  expect(image.cdn_url).toMatch(/^https:\/\/images\.test\/base\/[^/]+\/[^/]+\/[^/]+$/);
});
