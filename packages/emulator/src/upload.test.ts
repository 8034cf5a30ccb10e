import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from './index.ts';
import { api, create, makePng, put, send, upload } from './testing/client.ts';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(() => emulator.close());

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('an upload', () => {
  it('goes from create over PUT to READY and to delivery', async () => {
    const png = makePng(7, 5);
    const { image, upload_url } = await create(emulator, {
      mime_type: 'image/png',
      content_length: png.length,
    });
    expect(image).toMatchObject({ status: 'PENDING', can_upload: true, width: 0, size_bytes: png.length });
    expect(Object.keys(image)).toHaveLength(22);
    expect((await put(upload_url, png, { 'content-type': 'image/png' })).status).toBe(200);

    const { json } = await api(emulator, 'GET', `/images/${image.id}`);
    expect(json).toMatchObject({
      status: 'READY',
      can_upload: false,
      width: 7,
      height: 5,
      mime_type: 'image/png',
    });
    expect(emulator.images.sha256(image.id)).toBe(sha256(png));
    expect(await emulator.images.bytes(image.id)).toEqual(png);
    const delivered = await fetch(json.cdn_url);
    expect(Buffer.from(await delivered.arrayBuffer())).toEqual(png);
  });

  it('may be repeated with the same bytes, not with others', async () => {
    const { upload_url } = await create(emulator);
    expect((await put(upload_url, makePng())).status).toBe(200);
    expect((await put(upload_url, makePng())).status).toBe(200);
    const other = await put(upload_url, makePng(9, 9));
    expect(other).toMatchObject({
      status: 409,
      text: expect.stringContaining('<Code>ObjectAlreadyExists</Code>'),
    });
  });

  it('that is no image ends in quarantine', async () => {
    const image = await upload(emulator, Buffer.from('not an image'));
    expect(image).toMatchObject({ status: 'QUARANTINE', size_bytes: 12, can_upload: false });
    expect((await send(image.cdn_url)).status).toBe(404);
  });

  it('leaves no record after delete, and the key of a deleted record is free', async () => {
    const first = await create(emulator, { idempotency_key: 'k' });
    const again = await create(emulator, { idempotency_key: 'k' });
    expect(again.image.id).toBe(first.image.id);
    expect((await api(emulator, 'DELETE', `/images/${first.image.id}`)).json).toEqual({ status: 'deleted' });
    expect(emulator.images.list()).toEqual([]);
    expect((await create(emulator, { idempotency_key: 'k' })).image.id).not.toBe(first.image.id);
    expect((await put(first.upload_url, makePng())).status).toBe(404);
  });
});

describe('the presigned URL', () => {
  it('answers 411 to a body without a length', async () => {
    const { upload_url } = await create(emulator);
    const status = await new Promise((resolve, reject) => {
      const outgoing = request(upload_url, { method: 'PUT' }, (response) =>
        resolve(response.resume().statusCode),
      );
      outgoing.on('error', reject);
      outgoing.write('chunked');
      outgoing.end();
    });
    expect(status).toBe(411);
  });

  it.each([
    [
      'another length than declared',
      400,
      'IncorrectLength',
      (url: string) => put(url, makePng(9, 9), { 'content-type': 'image/png' }),
    ],
    [
      'another type than declared',
      403,
      'SignatureDoesNotMatch',
      (url: string) => put(url, makePng(), { 'content-type': 'image/gif' }),
    ],
    ['no type though one was declared', 403, 'SignatureDoesNotMatch', (url: string) => put(url, makePng())],
    [
      'a changed expiry',
      403,
      'SignatureDoesNotMatch',
      (url: string) => put(url.replace('expires=1', 'expires=2'), makePng()),
    ],
    ['a cut signature', 403, 'SignatureDoesNotMatch', (url: string) => put(url.slice(0, -1), makePng())],
    [
      'no query at all',
      403,
      'SignatureDoesNotMatch',
      (url: string) => put(url.split('?')[0] ?? '', makePng()),
    ],
  ])('refuses %s with %i %s', async (_name, status, code, act) => {
    const { upload_url } = await create(emulator, {
      mime_type: 'image/png',
      content_length: makePng().length,
    });
    const reply = await act(upload_url);
    expect(reply.status).toBe(status);
    expect(reply.headers.get('content-type')).toBe('application/xml');
    expect(reply.text).toContain(`<Code>${code}</Code>`);
    expect(emulator.images.list()[0]).toMatchObject({ status: 'PENDING', can_upload: true });
  });

  it('of one image does not open another', async () => {
    const [one, two] = [await create(emulator), await create(emulator)];
    const reply = await put(one.upload_url.replace(one.image.id, two.image.id), makePng());
    expect(reply.status).toBe(403);
  });

  it('expires', async () => {
    await emulator.close();
    emulator = await startEmulator({ uploadUrlTtlMs: 0 });
    const { upload_url } = await create(emulator);
    expect(await put(upload_url, makePng())).toMatchObject({
      status: 403,
      text: expect.stringContaining('expired'),
    });
  });

  it('stores nothing when the client leaves before the end', async () => {
    const { image, upload_url } = await create(emulator);
    const outgoing = request(upload_url, { method: 'PUT', headers: { 'content-length': '1000' } });
    outgoing.on('error', () => undefined);
    outgoing.write(Buffer.alloc(500));
    await emulator.waitFor(() =>
      emulator.requests.find((seen) => seen.route === 'put' && seen.bytesReceived === 500),
    );
    outgoing.destroy();
    await emulator.waitFor(() => emulator.requests.some(({ state }) => state === 'aborted'));
    expect(emulator.images.get(image.id)).toMatchObject({ status: 'PENDING', can_upload: true });
    expect(await emulator.images.bytes(image.id)).toBeUndefined();
  });
});

it('lists newest first, in pages, with the five headers', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.push((await create(emulator)).image.id);
  const page = await api(emulator, 'GET', '/images/?limit=2&page=2');
  expect(page.json.map(({ id }: { id: string }) => id)).toEqual([ids[2], ids[1]]);
  const headers = ['total-count', 'page', 'limit', 'prev-page', 'next-page'].map((name) =>
    page.headers.get(`x-${name}`),
  );
  expect(headers).toEqual(['5', '2', '2', '1', '3']);
  expect((await api(emulator, 'GET', '/images/')).headers.get('x-next-page')).toBe('');
  expect(emulator.images.list().map(({ id }) => id)).toEqual(ids);
});

it('goes through PENDING and PROCESSING on the way to READY when a delay is set', async () => {
  await emulator.close();
  emulator = await startEmulator({ readyDelayMs: 40 });
  const { image, upload_url } = await create(emulator);
  const seen: string[] = [];
  const ready = emulator.waitFor(() => {
    const status = emulator.images.get(image.id)?.status;
    if (status && status !== seen.at(-1)) seen.push(status);
    return status === 'READY';
  });
  await put(upload_url, makePng());
  expect(() => emulator.assertNothingPending()).toThrow('1 images are not finished');
  await ready;
  expect(seen).toEqual(['PENDING', 'PROCESSING', 'READY']);
  emulator.assertNothingPending();
});
