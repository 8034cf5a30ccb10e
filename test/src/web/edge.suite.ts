import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packPackages } from '../nest/nest-project.ts';
import { type Begun, type Declared, declare, postJson, put } from '../support/direct-client.ts';
import { makeImage } from '../support/images.ts';
import { EDGE_PLATFORMS, EDGE_TYPES, type EdgePlatform } from './edge-platforms.ts';
import type { Platform } from './platform.ts';
import { createProject, type Running, startProject } from './project.ts';

const png = await makeImage('image/png', { width: 20, height: 10 });
const jpeg = await makeImage('image/jpeg', { width: 20, height: 10 });
const wide = await makeImage('image/png', { width: 2000, height: 10 });
const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(200, 0x20)]);
const ALICE = { 'x-user': 'alice' };

const asPlatform = (platform: EdgePlatform): Platform => ({
  ...platform,
  ...{ streams: true, noticesLeaving: true, note: '' },
});

let tarballs: ReadonlyMap<string, string>;
beforeAll(async () => {
  tarballs = await packPackages(['core', 'web']);
});
afterAll(async () => {
  const [tarball = ''] = [...tarballs.values()];
  await rm(dirname(tarball.replace('file:', '')), { recursive: true });
});

it('the types of @imgwire/web/edge need none of Node', async () => {
  const folder = await createProject(asPlatform({ name: 'types', start: [], ...EDGE_TYPES }), tarballs);
  await rm(folder, { recursive: true });
});

describe.each(EDGE_PLATFORMS)('@imgwire/web/edge in $name, from the packed packages', (edgePlatform) => {
  const platform = asPlatform(edgePlatform);
  let folder: string;
  let emulator: Emulator;
  let app: Running;
  beforeAll(async () => {
    folder = await createProject(platform, tarballs);
    emulator = await startEmulator();
    app = await startProject(platform, folder, emulator);
  });
  beforeEach(() => emulator.reset());
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.info(app.printed());
  });
  afterAll(async () => {
    await app.close();
    await emulator.close();
    await rm(folder, { recursive: true });
  });

  const direct = (body: object, headers: Record<string, string> = ALICE) =>
    postJson(`${app.url}/direct`, body, headers);
  const begin = async (bytes: Uint8Array, more: Declared = {}): Promise<Begun> => {
    const { status, uploads } = await direct({ files: [declare(bytes, more)] });
    expect(status).toBe(200);
    return uploads[0] as Begun;
  };
  const upload = async (bytes: Uint8Array, more: Declared = {}): Promise<Begun> => {
    const begun = await begin(bytes, more);
    expect(await put(begun, bytes)).toBe(200);
    return begun;
  };
  const routes = (): string[] => emulator.requests.map(({ route }) => route);

  it('lets a browser upload, and completes it with what onStored returned', async () => {
    const { ticket, imageId } = await upload(png);
    const { status, headers, results } = await direct({ completed: [ticket] });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(results).toEqual([
      {
        image: expect.objectContaining({ id: imageId, status: 'READY', width: 20 }),
        data: { saved: imageId, field: 'file', by: 'alice' },
      },
    ]);
    expect(routes().slice(0, 2)).toEqual(['create', 'put']);
    expect(Buffer.compare((await emulator.images.bytes(imageId)) as Buffer, png)).toBe(0);
  });

  it('rejects a PDF that is named .png before anything exists, and who is not signed in', async () => {
    const renamed = await direct({ files: [declare(pdf)] });
    expect([renamed.status, renamed.code]).toEqual([415, 'UNSUPPORTED_IMAGE_TYPE']);
    expect(renamed.headers.get('content-type')).toBe('application/problem+json');
    const stranger = await direct({ files: [declare(png)] }, {});
    expect([stranger.status, stranger.code]).toEqual([403, 'FORBIDDEN']);
    const foreign = await direct({ files: [declare(png)] }, { ...ALICE, origin: 'https://evil.example' });
    expect([foreign.status, foreign.code]).toEqual([403, 'CROSS_SITE_REQUEST']);
    expect(routes()).toEqual([]);
  });

  it('deletes an image that has more pixels than its first bytes said', async () => {
    const { ticket } = await upload(wide, { head: declare(png).head });
    const { status, code } = await direct({ completed: [ticket] });
    expect([status, code]).toEqual([413, 'TOO_MANY_PIXELS']);
    expect(emulator.images.list()).toEqual([]);
  });

  it('rejects a forged ticket, one of another user and one of another route', async () => {
    const { ticket } = await upload(png);
    const forged = ticket.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const before = routes().length;
    expect((await direct({ completed: [forged] })).code).toBe('TICKET_INVALID');
    expect((await direct({ completed: [ticket] }, { 'x-user': 'mallory' })).status).toBe(403);
    const body = { completed: [{ ticket, imageId: 'x' }] };
    expect((await postJson(`${app.url}/token`, body, ALICE)).status).toBe(403);
    expect(routes().length).toBe(before);
  });

  it('cancels an upload whose bytes have not arrived', async () => {
    const { ticket } = await begin(png);
    expect((await direct({ cancelled: [ticket] })).status).toBe(204);
    expect(emulator.images.list()).toEqual([]);
  });

  it('issues a token, and completes its upload', async () => {
    const store = async (bytes: Uint8Array) => {
      const issued = await fetch(`${app.url}/token`, { method: 'POST', headers: ALICE });
      const { uploadToken, ticket } = (await issued.json()) as { uploadToken: string; ticket: string };
      const created = await fetch(
        `${emulator.url}/api/v1/images/standard_upload?upload_token=${encodeURIComponent(uploadToken)}`,
        {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${emulator.clientKey}` },
          body: JSON.stringify({ file_name: 'a.png', content_length: bytes.length }),
        },
      );
      const { image, upload_url: uploadUrl } = (await created.json()) as {
        image: { id: string };
        upload_url: string;
      };
      await fetch(uploadUrl, { method: 'PUT', body: bytes as Uint8Array<ArrayBuffer> });
      const body = { completed: [{ ticket, imageId: image.id }] };
      return { id: image.id, ...(await postJson(`${app.url}/token`, body, ALICE)) };
    };
    const { id, status, results } = await store(png);
    expect([status, results[0]?.data]).toEqual([200, { saved: id, field: '', by: 'alice' }]);
    expect((await store(jpeg)).code).toBe('UNSUPPORTED_IMAGE_TYPE');
    expect(emulator.images.list().map((image) => image.id)).toEqual([id]);
  });

  it('builds the URLs that deliver an image', async () => {
    const shown = async (cdnUrl: string, transformations: object) => {
      const response = await fetch(`${app.url}/shown`, {
        method: 'POST',
        body: JSON.stringify({ cdnUrl, transformations }),
      });
      return (await response.json()) as { url?: string; error?: string };
    };
    const watermark = { watermark_url: 'https://example.com/ü.png?a=1&b=2' };
    const text = encodeURIComponent(Buffer.from(watermark.watermark_url).toString('base64'));
    expect(await shown('https://cdn.example/abc', { width: 100, preset: 'small', ...watermark })).toEqual({
      url: `https://cdn.example/abc@small?watermark_url=${text}&width=100`,
    });
    expect((await shown('https://cdn.example/abc', { width: 'wide' })).error).toMatch(
      /^TypeError: "width" cannot be 'wide'; allowed: /,
    );
  });

  it('retries a call that fails, and one that gets no response in time', async () => {
    emulator.faults.add({ route: 'create', status: 503 });
    const { ticket } = await upload(png);
    emulator.faults.add({ route: 'retrieve', hang: true });
    expect((await direct({ completed: [ticket] })).status).toBe(200);
    expect(routes().filter((route) => route === 'create')).toHaveLength(2);
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('responds with 503 while Imgwire fails, without its text', async () => {
    emulator.faults.add({ route: 'create', status: 500, body: 'a secret', times: null });
    const { status, code, headers } = await direct({ files: [declare(png)] });
    expect([status, code]).toEqual([503, 'UPSTREAM_UNAVAILABLE']);
    expect(headers.get('content-type')).toBe('application/problem+json');
  });

  it('responds with 202 when the bytes have not come within 8 seconds, and completes the upload later', async () => {
    const begun = await begin(png);
    const waiting = await direct({ completed: [begun.ticket] });
    expect([waiting.status, waiting.headers.get('retry-after')]).toEqual([202, '1']);
    expect(waiting.results).toEqual([{ pending: true, status: 'PENDING', retryAfter: 1 }]);
    expect(await put(begun, png)).toBe(200);
    expect((await direct({ completed: [begun.ticket] })).status).toBe(200);
  });

  it('completes an upload after a completion whose client has left, and twice at once', async () => {
    const begun = await begin(png);
    const leaving = new AbortController();
    const first = fetch(`${app.url}/direct`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...ALICE },
      body: JSON.stringify({ completed: [begun.ticket] }),
      signal: leaving.signal,
    }).catch(({ name }) => name);
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, status }) => route === 'retrieve' && status === 200),
    );
    leaving.abort();
    expect(await first).toBe('AbortError');
    expect(await put(begun, png)).toBe(200);
    const both = await Promise.all([1, 2].map(() => direct({ completed: [begun.ticket] })));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both.map(({ results }) => results[0]?.image?.id)).toEqual([begun.imageId, begun.imageId]);
  });
});
