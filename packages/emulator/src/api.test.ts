import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from './index.ts';
import { api, create, makePng, send, upload } from './testing/client.ts';
import { readZip } from './testing/read-zip.ts';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.close());

describe('keys', () => {
  it.each([
    ['no key', {}],
    ['an unknown key', { authorization: 'Bearer sk_wrong' }],
    ['another scheme', { authorization: 'Basic abc' }],
    ['the text undefined', { authorization: 'Bearer undefined' }],
  ])('with %s a call gets 401 InvalidTokenError', async (_name, headers) => {
    const { status, json } = await send(`${emulator.url}/api/v1/images/`, { headers });
    expect([status, json.error_type, typeof json.detail]).toEqual([401, 'InvalidTokenError', 'string']);
  });

  it('of a client open create and retrieve only', async () => {
    const { image } = await create(emulator);
    const call = (method: string, path: string, body?: unknown) =>
      api(emulator, method, path, body, emulator.clientKey);
    expect((await call('POST', '/images/standard_upload', { file_name: 'a' })).status).toBe(200);
    expect((await call('GET', `/images/${image.id}`)).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/images/'],
      ['DELETE', `/images/${image.id}`],
      ['POST', '/images/token'],
      ['GET', '/cors_origins/'],
    ]) {
      expect((await call(method ?? '', path ?? '')).status).toBe(401);
    }
  });
});

describe('paths', () => {
  it.each([
    ['POST', '/images/standard_upload/', '/images/standard_upload'],
    ['GET', '/images?page=2', '/images/?page=2'],
    ['GET', '/cors_origins', '/cors_origins/'],
  ])('%s %s is redirected with 307 to the exact one', async (method, path, target) => {
    const reply = await api(emulator, method, path);
    expect([reply.status, reply.headers.get('location')]).toEqual([307, `${emulator.url}/api/v1${target}`]);
  });

  it('with another method get 405 and the methods that do', async () => {
    const reply = await api(emulator, 'PUT', '/images/');
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET']);
  });

  it.each(['/nothing', '/images/a/b'])('%s get 404 in the flat shape', async (path) => {
    const { status, json } = await api(emulator, 'GET', path);
    expect([status, json.error_type]).toEqual([404, 'ResourceNotFoundError']);
  });

  it('with an id that is no UUID get 422, with an unknown one 404', async () => {
    const bad = await api(emulator, 'GET', '/images/not-a-uuid');
    expect([bad.status, bad.json.detail[0]]).toMatchObject([
      422,
      { loc: ['path', 'image_id'], type: 'uuid_parsing' },
    ]);
    const unknown = await api(emulator, 'GET', `/images/${randomUUID()}`);
    expect([unknown.status, unknown.json]).toEqual([
      404,
      { detail: 'Resource not found.', error_type: 'ResourceNotFoundError' },
    ]);
  });

  it('are checked before the X-Environment-Id, which has to be a UUID too', async () => {
    const headers = { authorization: `Bearer ${emulator.apiKey}`, 'x-environment-id': 'mine' };
    const { status, json } = await send(`${emulator.url}/api/v1/images/`, { headers });
    expect([status, json.detail[0].loc]).toEqual([422, ['header', 'X-Environment-Id']]);
  });
});

describe('create', () => {
  const text = (length: number): string => 'x'.repeat(length);
  it.each<[string, unknown, string[], string]>([
    ['no body', undefined, ['body'], 'missing'],
    ['a list', [], ['body'], 'model_attributes_type'],
    ['no file name', {}, ['body', 'file_name'], 'missing'],
    ['an empty file name', { file_name: '' }, ['body', 'file_name'], 'string_too_short'],
    ['a file name of null', { file_name: null }, ['body', 'file_name'], 'string_type'],
    ['a number for a name', { file_name: 5 }, ['body', 'file_name'], 'string_type'],
    ['a type with another name', { file_name: 'a', mime_type: 'image/jpg' }, ['body', 'mime_type'], 'enum'],
    ['SVG', { file_name: 'a', mime_type: 'image/svg+xml' }, ['body', 'mime_type'], 'enum'],
    [
      'a negative length',
      { file_name: 'a', content_length: -1 },
      ['body', 'content_length'],
      'greater_than_equal',
    ],
    ['a fraction of a byte', { file_name: 'a', content_length: 1.5 }, ['body', 'content_length'], 'int_type'],
    ['a length as text', { file_name: 'a', content_length: '5' }, ['body', 'content_length'], 'int_type'],
    ['an empty hash', { file_name: 'a', hash_sha256: '' }, ['body', 'hash_sha256'], 'string_too_short'],
    [
      'a long key',
      { file_name: 'a', idempotency_key: text(256) },
      ['body', 'idempotency_key'],
      'string_too_long',
    ],
    ['a long purpose', { file_name: 'a', purpose: text(256) }, ['body', 'purpose'], 'string_too_long'],
    ['metadata of null', { file_name: 'a', custom_metadata: null }, ['body', 'custom_metadata'], 'dict_type'],
    [
      'nested metadata',
      { file_name: 'a', custom_metadata: { b: {} } },
      ['body', 'custom_metadata', 'b'],
      'scalar_type',
    ],
    [
      'metadata with null',
      { file_name: 'a', custom_metadata: { b: null } },
      ['body', 'custom_metadata', 'b'],
      'scalar_type',
    ],
  ])('with %s is a 422 that says where', async (_name, body, loc, type) => {
    const { status, json } = await api(emulator, 'POST', '/images/standard_upload', body);
    expect([status, json.detail]).toEqual([422, [{ loc, type, msg: expect.any(String) }]]);
  });

  it('lists every problem at once', async () => {
    const { json } = await api(emulator, 'POST', '/images/standard_upload', { file_name: '', purpose: 1 });
    expect(json.detail).toHaveLength(2);
  });

  it('takes null for what may be null, names it does not know, and keeps what it was told', async () => {
    const metadata = { user: 'Zoë', count: 3, ratio: 0.5, ok: true };
    const { image } = await create(emulator, {
      ...{ mime_type: null, content_length: null, hash_sha256: null, idempotency_key: null, purpose: null },
      ...{ unknown: {}, custom_metadata: metadata },
    });
    expect(image).toMatchObject({
      custom_metadata: metadata,
      purpose: null,
      mime_type: 'image/png',
      extension: 'png',
    });
  });

  it.each([
    ['photo.JPEG', 'image/jpeg', 'jpeg'],
    ['a.heif', 'image/heic', 'heif'],
    ['upload.bin', 'image/jpeg', 'bin'],
    ['upload', 'image/jpeg', 'jpg'],
    ['../../etc/passwd', 'image/jpeg', 'jpg'],
    ['tiff.tif', 'image/tiff', 'tif'],
  ])('of %s without a type is %s', async (file_name, mime_type, extension) => {
    const { image } = await create(emulator, { file_name });
    expect(image).toMatchObject({ original_filename: file_name, mime_type, extension });
  });
});

describe('paging', () => {
  it.each(['page=0', 'page=x', 'page=1.5', 'limit=0', 'limit=101', 'page='])(
    'refuses %s with 422',
    async (query) => {
      expect((await api(emulator, 'GET', `/images/?${query}`)).status).toBe(422);
    },
  );

  it('goes beyond the end with an empty page', async () => {
    const { json, headers } = await api(emulator, 'GET', '/images/?page=9');
    expect([json, headers.get('x-next-page'), headers.get('x-total-count')]).toEqual([[], '', '0']);
  });
});

it('deletes in bulk, unknown ids included, and wants at least one', async () => {
  const [one, two] = [await upload(emulator, makePng()), await upload(emulator, makePng())];
  const reply = await api(emulator, 'POST', '/images/bulk_delete', {
    image_ids: [one.id, two.id, randomUUID()],
  });
  expect([reply.status, reply.json]).toEqual([200, { status: 'deleted' }]);
  expect(emulator.images.list()).toEqual([]);
  for (const image_ids of [[], ['x'], undefined, 'x']) {
    expect((await api(emulator, 'POST', '/images/bulk_delete', { image_ids })).status).toBe(422);
  }
});

it('packs originals into a real zip, under names that lead nowhere else', async () => {
  const png = makePng();
  const names = ['../../evil.png', 'same.png', 'same.png', '..'];
  const images = await Promise.all(names.map((file_name) => upload(emulator, png, { file_name })));
  const { json } = await api(emulator, 'POST', '/images/downloads', {
    image_ids: images.map(({ id }) => id),
  });
  const job = await api(emulator, 'GET', `/images/downloads/${json.id}`);
  expect(job.json).toMatchObject({ status: 'READY', download_url: `${emulator.url}/downloads/${json.id}` });
  const zip = Buffer.from(await (await fetch(job.json.download_url)).arrayBuffer());
  const files = readZip(zip);
  expect([...files.keys()]).toEqual(['evil.png', 'same.png', 'same (2).png', images[3]?.id]);
  for (const bytes of files.values()) expect(bytes).toEqual(png);
  expect((await api(emulator, 'POST', '/images/downloads', { image_ids: [randomUUID()] })).status).toBe(404);
});

it('packs an image once, however often it is named', async () => {
  const { id } = await upload(emulator, makePng());
  const image_ids = Array.from({ length: 20_000 }, () => id);
  const { json } = await api(emulator, 'POST', '/images/downloads', { image_ids });
  const zip = Buffer.from(await (await fetch(json.download_url)).arrayBuffer());
  expect([...readZip(zip).keys()]).toEqual(['photo.png']);
});

it('refuses numbers that JSON has and JavaScript has not, which would come back as null', async () => {
  const reply = await send(`${emulator.url}/api/v1/images/standard_upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' },
    body: '{"file_name":"a","custom_metadata":{"a":1e400}}',
  });
  expect([reply.status, reply.json.detail[0].loc]).toEqual([422, ['body', 'custom_metadata', 'a']]);
});

describe('upload by URL', () => {
  const serve = async (answer: Buffer | number) => {
    const server = createServer((_request, response) =>
      typeof answer === 'number' ? response.writeHead(answer).end() : response.end(answer),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/folder/cat.png?x=1`, close: () => server.close() };
  };

  it('fetches the bytes and names the image after the URL', async () => {
    const source = await serve(makePng(8, 6));
    const { status, json } = await api(emulator, 'POST', '/images/upload_via_url', {
      url: source.url,
      purpose: 'test',
    });
    source.close();
    expect(status).toBe(200);
    expect(json).toMatchObject({
      original_filename: 'cat.png',
      status: 'READY',
      width: 8,
      height: 6,
      purpose: 'test',
    });
  });

  it('leaves no record when the source fails', async () => {
    const source = await serve(404);
    const reply = await api(emulator, 'POST', '/images/upload_via_url', { url: source.url });
    source.close();
    expect([reply.status, reply.json.error_type]).toEqual([400, 'RequestError']);
    expect((await api(emulator, 'POST', '/images/upload_via_url', { url: source.url })).status).toBe(400);
    expect(emulator.images.list()).toEqual([]);
  });

  it.each([
    'not a url',
    '',
    'ftp://example.com/a.png',
    'file:///etc/passwd',
    5,
    `http://a/${'a'.repeat(8192)}`,
  ])('refuses %.40s with 422', async (url) => {
    expect((await api(emulator, 'POST', '/images/upload_via_url', { url })).status).toBe(422);
  });
});

it('manages CORS origins', async () => {
  const { json: origin } = await api(emulator, 'POST', '/cors_origins/', { pattern: 'app.example.com' });
  expect((await api(emulator, 'GET', '/cors_origins/')).json).toEqual([origin]);
  const { json: changed } = await api(emulator, 'PATCH', `/cors_origins/${origin.id}`, {
    pattern: '*.example.com',
  });
  expect((await api(emulator, 'GET', `/cors_origins/${origin.id}`)).json).toEqual(changed);
  expect((await api(emulator, 'POST', '/cors_origins/', { pattern: '' })).status).toBe(422);
  expect((await api(emulator, 'DELETE', `/cors_origins/${origin.id}`)).json).toEqual({ status: 'deleted' });
  expect((await api(emulator, 'GET', `/cors_origins/${origin.id}`)).status).toBe(404);
});

it('takes one custom domain, and connects it when asked', async () => {
  expect((await api(emulator, 'GET', '/custom_domain/')).status).toBe(404);
  expect((await api(emulator, 'POST', '/custom_domain/', { hostname: 'https://a.b.c' })).status).toBe(422);
  const created = await api(emulator, 'POST', '/custom_domain/', { hostname: 'img.example.com' });
  expect(created.json).toMatchObject({
    status: 'PENDING',
    certificate_status: 'PENDING',
    last_verified_at: null,
  });
  expect((await api(emulator, 'POST', '/custom_domain/', { hostname: 'img2.example.com' })).status).toBe(409);
  const tested = await api(emulator, 'POST', '/custom_domain/test_connection');
  expect(tested.json).toMatchObject({ status: 'CONNECTED', certificate_status: 'ACTIVE' });
  expect((await api(emulator, 'DELETE', '/custom_domain/')).status).toBe(200);
});

it('counts uploads, deliveries and bytes in its metrics', async () => {
  const image = await upload(emulator, makePng());
  const size = makePng().length;
  await send(image.cdn_url);
  const stats = await api(emulator, 'GET', '/metrics/stats?interval=DAILY&tz=Europe/Berlin');
  expect(stats.json.uploads).toEqual({ value: 1, prev: 0, pct_change: null });
  expect(stats.json.transfer_bytes.value).toBe(size);
  const { json } = await api(emulator, 'GET', '/metrics/datasets');
  expect(json.requests).toHaveLength(24);
  expect(json.requests.at(-1).requests).toBe(1);
  expect(json.storage_bytes.at(-1)).toMatchObject({ storage_bytes_current: size, storage_bytes_added: size });
  for (const query of [
    'interval=YEARLY',
    'date_start=x',
    'date_start=1900-01-01',
    'date_start=2030-01-01&date_end=2020-01-01',
  ]) {
    expect((await api(emulator, 'GET', `/metrics/stats?${query}`)).status).toBe(422);
  }
});

it('says that it is healthy without a key', async () => {
  expect((await send(`${emulator.url}/health`)).json).toEqual({ status: 'ok' });
});
