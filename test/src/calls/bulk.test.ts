import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type ImgwireClientLike, imageUrl } from '@imgwire/express';
import { ImgwireService } from '@imgwire/nestjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { sdkShapedClient } from '../support/sdk-shape.ts';
import { TRANSPORTS } from '../support/transports.ts';

const png = await image('image/png');
const SHA256 = createHash('sha256').update(png).digest('hex');
const UNKNOWN = '11111111-2222-4333-8444-555555555555';

type Calls = Omit<
  Imgwire,
  'receive' | 'receiver' | 'bodyReceiver' | 'storage' | 'discard' | 'usage' | 'check' | 'close'
>;
const FACES: Readonly<Record<string, (imgwire: Imgwire) => Calls>> = {
  Imgwire: (imgwire) => imgwire,
  ImgwireService: (imgwire) => new ImgwireService(imgwire),
};
const CASES = TRANSPORTS.flatMap((transport) =>
  Object.entries(FACES).map(([face, of]) => ({ ...transport, face, of })),
);

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const reasonOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describe.each(CASES)('$face over $transport', ({ connect, of }) => {
  let emulator: Emulator;
  let connection: Imgwire;
  let imgwire: Calls;
  beforeEach(async () => {
    emulator = await startEmulator();
    connection = createImgwire({ ...connect(emulator), maxAttempts: 2 });
    imgwire = of(connection);
  });
  afterEach(async () => {
    await connection.close();
    await emulator.close();
  });
  const store = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    while (ids.length < count) ids.push((await imgwire.upload({ file: png })).id);
    return ids;
  };
  const routes = (): string[] => emulator.requests.map(({ route }) => route);
  const bodyOf = (route: string): unknown => emulator.requests.find((each) => each.route === route)?.body;

  describe('listAll and listPages', () => {
    it('yield every image, asking for a page when the one before it was taken', async () => {
      const ids = await store(5);
      const all = await collect(imgwire.listAll({ limit: 2 }));
      expect(new Set(all.map(({ id }) => id))).toEqual(new Set(ids));
      expect(all).toHaveLength(5);
      expect(all[0]?.url({ width: 10 })).toMatch(/\?width=10$/);
      expect(routes().filter((route) => route === 'list')).toHaveLength(3);
      const pages = await collect(imgwire.listPages({ limit: 2, page: 2 }));
      expect(pages.map(({ data }) => data.length)).toEqual([2, 1]);
    });

    it('ask for no page that is not taken', async () => {
      await store(3);
      for await (const { id } of imgwire.listAll({ limit: 1 })) {
        expect(id).toEqual(expect.any(String));
        break;
      }
      expect(routes().filter((route) => route === 'list')).toHaveLength(1);
    });

    it('yield nothing where there is nothing', async () => {
      expect(await collect(imgwire.listAll())).toEqual([]);
    });

    it('end with the error of a page, and with the reason of a signal', async () => {
      emulator.faults.add({ route: 'list', status: 401 });
      await expect(collect(imgwire.listAll())).rejects.toMatchObject({ code: 'UPSTREAM_REJECTED' });
      const reason = new Error('enough');
      await expect(collect(imgwire.listAll({}, AbortSignal.abort(reason)))).rejects.toBe(reason);
      await expect(collect(imgwire.listAll({ limit: 0 }))).rejects.toThrow(/"limit" must be/);
    });
  });

  describe('bulkDelete', () => {
    it('deletes images in one call', async () => {
      const [first = '', second = '', third] = await store(3);
      await imgwire.bulkDelete([first, second]);
      expect(emulator.images.list().map(({ id }) => id)).toEqual([third]);
      expect(bodyOf('bulk_delete')).toEqual({ image_ids: [first, second] });
      expect(routes()).not.toContain('delete');
    });

    it('sends nothing for no images', async () => {
      await imgwire.bulkDelete([]);
      expect(emulator.requests).toEqual([]);
    });

    it('is repeated after a passing failure, and fails after a lasting one', async () => {
      const ids = await store(1);
      emulator.faults.add({ route: 'bulk_delete', status: 500 });
      await imgwire.bulkDelete(ids);
      expect(emulator.images.list()).toEqual([]);
      for (const id of ['none', '..']) {
        await expect(imgwire.bulkDelete([id])).rejects.toMatchObject({
          code: 'IMAGE_NOT_FOUND',
          status: 404,
        });
      }
    });

    it.each([undefined, null, 'abc', { image_ids: [] }, [''], [1], [undefined]])(
      'takes no %j for ids',
      async (ids) => {
        await expect(imgwire.bulkDelete(ids as string[])).rejects.toThrow(
          /^bulkDelete\(\): the ids? of the image/,
        );
        expect(emulator.requests).toEqual([]);
      },
    );
  });

  describe('download jobs', () => {
    it('give the URL of a file with the images', async () => {
      const ids = await store(2);
      const job = await imgwire.createBulkDownloadJob(ids);
      expect(job).toMatchObject({ id: expect.any(String), image_ids: ids });
      expect(job.created_at).toEqual(expect.any(String));
      const ready = await imgwire.waitUntilDownloadReady(job);
      const file = await fetch(ready.download_url);
      expect(file.headers.get('content-type')).toBe('application/zip');
      expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(2 * png.length);
      expect(await imgwire.retrieveBulkDownloadJob(job.id)).toEqual(ready);
    });

    it('are waited for while they are made', async () => {
      const job = await imgwire.createBulkDownloadJob(await store(1));
      const route = 'retrieve_download';
      const working = { ...job, status: 'PROCESSING', download_url: null };
      const fault = emulator.faults.add({ route, status: 200, body: working, times: 9 });
      expect(await imgwire.retrieveBulkDownloadJob(job.id)).toEqual(working);
      const late = imgwire.waitUntilDownloadReady(job, { timeoutMs: 1 });
      await expect(late).rejects.toMatchObject({ code: 'DOWNLOAD_NOT_READY', status: 504 });
      fault.remove();
      emulator.faults.add({ route, status: 200, body: working });
      const ready = await imgwire.waitUntilDownloadReady(job);
      expect(ready).toMatchObject({ status: 'READY', download_url: expect.stringMatching(/^http/) });
    });

    it('are waited for no longer than the signal allows', async () => {
      const reason = new Error('enough');
      const waiting = imgwire.waitUntilDownloadReady(UNKNOWN, { signal: AbortSignal.abort(reason) });
      await expect(waiting).rejects.toBe(reason);
      const wrong = imgwire.waitUntilDownloadReady(UNKNOWN, { timeoutMs: -1 });
      await expect(wrong).rejects.toThrow(/^waitUntilDownloadReady\(\): option "timeoutMs" must be/);
    });

    it('fail as DOWNLOAD_FAILED', async () => {
      emulator.faults.add({
        route: 'retrieve_download',
        status: 200,
        body: { id: UNKNOWN, status: 'FAILED' },
      });
      const failed = imgwire.waitUntilDownloadReady({ id: UNKNOWN });
      await expect(failed).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', status: 502 });
    });

    it('are not taken for READY without a URL', async () => {
      const body = { id: UNKNOWN, status: 'READY', download_url: null };
      emulator.faults.add({ route: 'retrieve_download', status: 200, body, times: 2 });
      const failed = imgwire.waitUntilDownloadReady(UNKNOWN);
      await expect(failed).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    });

    it.each(['', '{"id":"0b5c', '[]', '<html></html>'])('are not made of %j', async (body) => {
      emulator.faults.add({ route: 'create_download', status: 200, body, times: 9 });
      emulator.faults.add({ route: 'retrieve_download', status: 200, body, times: 9 });
      const wrong = { code: 'UPSTREAM_UNAVAILABLE' };
      await expect(imgwire.createBulkDownloadJob([UNKNOWN])).rejects.toMatchObject(wrong);
      await expect(imgwire.retrieveBulkDownloadJob(UNKNOWN)).rejects.toMatchObject(wrong);
    });

    it.each([UNKNOWN, 'none', '..', 'a/b'])('that are not there are DOWNLOAD_NOT_FOUND: %j', async (id) => {
      const missing = { code: 'DOWNLOAD_NOT_FOUND', status: 404 };
      await expect(imgwire.retrieveBulkDownloadJob(id)).rejects.toMatchObject(missing);
      await expect(imgwire.waitUntilDownloadReady(id)).rejects.toMatchObject(missing);
      expect(new Set(routes())).toEqual(new Set(/^[\w-]+$/.test(id) ? ['retrieve_download'] : []));
    });

    it.each([undefined, null, '', 5])('have no id %j', async (id) => {
      for (const call of [
        imgwire.retrieveBulkDownloadJob(id as string),
        imgwire.waitUntilDownloadReady(id as string),
      ]) {
        expect(String(await reasonOf(call))).toMatch(/^TypeError: \w+\(\): the id of the download job/);
      }
      expect(emulator.requests).toEqual([]);
    });

    it('are made of images that are there', async () => {
      const missing = imgwire.createBulkDownloadJob([UNKNOWN]);
      expect(await reasonOf(missing)).toMatchObject({ code: 'IMAGE_NOT_FOUND', status: 404 });
      await expect(imgwire.createBulkDownloadJob([])).rejects.toThrow(/^createBulkDownloadJob\(\): the ids/);
    });
  });

  describe('createDirectUpload', () => {
    it('gives a record and a URL to which a client PUTs the bytes', async () => {
      const direct = await imgwire.createDirectUpload({
        fileName: 'a.png',
        mimeType: 'image/x-png',
        contentLength: png.length,
        hashSha256: SHA256.toUpperCase(),
        purpose: 'avatar',
      });
      expect(direct.image).toMatchObject({
        original_filename: 'a.png',
        mime_type: 'image/png',
        hash_sha256: SHA256,
        purpose: 'avatar',
        status: 'PENDING',
      });
      expect(direct.image.url({ width: 10 })).toMatch(/\?width=10$/);
      const headers = { 'content-type': direct.image.mime_type };
      const answer = await fetch(direct.uploadUrl, { method: 'PUT', headers, body: png });
      expect(answer.status).toBe(200);
      await imgwire.waitUntilReady(direct.image);
      expect(emulator.images.sha256(direct.image.id)).toBe(SHA256);
    });

    it('makes one record although an answer is lost', async () => {
      emulator.faults.add({ route: 'create', afterProcessing: true, status: 502 });
      const { image } = await imgwire.createDirectUpload({ fileName: 'a.png' });
      expect(emulator.images.list().map(({ id }) => id)).toEqual([image.id]);
    });

    it('leaves no record when its signal aborts', async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const reason = new Error('gone');
      const direct = imgwire.createDirectUpload({ fileName: 'a.png', signal });
      controller.abort(reason);
      expect(await reasonOf(direct)).toBe(reason);
      expect(routes()).toEqual(['create', 'delete']);
      expect(emulator.images.list()).toEqual([]);
      await expect(imgwire.createDirectUpload({ fileName: 'a.png', signal })).rejects.toBe(reason);
      expect(routes()).toHaveLength(2);
    });

    it.each([
      [{}, /"fileName" is required/],
      [{ fileName: 'a', mimeType: 'text/html' }, /"mimeType" must be the MIME type of an image/],
      [{ fileName: 'a', hashSha256: 'abc' }, /"hashSha256" must be a SHA-256 of 64 hexadecimal digits/],
      [{ fileName: 'a', contentLength: -1 }, /"contentLength" must be/],
      [{ fileName: 'a', url: 'x' }, /unknown option "url"/],
    ])('refuses %j', async (input, message) => {
      await expect(imgwire.createDirectUpload(input as { fileName: string })).rejects.toThrow(message);
      expect(emulator.requests).toEqual([]);
    });

    it('begins nothing once the connection is closed', async () => {
      await connection.close();
      const late = imgwire.createDirectUpload({ fileName: 'a.png' });
      await expect(late).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    });
  });

  describe('overrides', () => {
    let source: Server;
    afterEach(() => void source?.close());

    it('name and type an image that is imported', async () => {
      source = createServer((_req, res) => res.end(png));
      const url = `${await listen(source)}/x`;
      const { id } = await imgwire.uploadViaUrl({ url, fileName: 'cat.png', mimeType: 'image/x-png' });
      expect(bodyOf('upload_via_url')).toMatchObject({ file_name: 'cat.png', mime_type: 'image/png' });
      expect(await imgwire.retrieve(id)).toMatchObject({
        original_filename: 'cat.png',
        mime_type: 'image/png',
      });
      const html = imgwire.uploadViaUrl({ url, mimeType: 'text/html' });
      await expect(html).rejects.toThrow(/^uploadViaUrl\(\): option "mimeType" must be/);
      const hashed = imgwire.uploadViaUrl({ url, hashSha256: SHA256 } as { url: string });
      await expect(hashed).rejects.toThrow(/unknown option "hashSha256"/);
    });

    it('record the hash of an upload', async () => {
      const { id } = await imgwire.upload({ file: png, hashSha256: SHA256.toUpperCase() });
      expect(bodyOf('create')).toMatchObject({ hash_sha256: SHA256 });
      expect(await imgwire.retrieve(id)).toMatchObject({ hash_sha256: SHA256 });
      const wrong = imgwire.upload({ file: png, hashSha256: 'md5' });
      await expect(wrong).rejects.toThrow(/^upload\(\): option "hashSha256" must be a SHA-256/);
      await imgwire.upload({ file: png });
      expect(emulator.requests.findLast(({ route }) => route === 'create')?.body).not.toHaveProperty(
        'hash_sha256',
      );
    });
  });

  it('an image out of JSON has its URLs again', async () => {
    const stored = await imgwire.upload({ file: png });
    const row = JSON.parse(JSON.stringify(stored)) as { cdn_url: string };
    const options = { preset: 'medium', format: 'auto' } as const;
    expect(imageUrl(row, options)).toBe(stored.url(options));
    expect(imageUrl(row.cdn_url, options)).toBe(stored.url(options));
  });
});

describe('a client that lacks the calls', () => {
  it.each([
    ['bulkDelete', (imgwire: Imgwire) => imgwire.bulkDelete([UNKNOWN])],
    ['createBulkDownloadJob', (imgwire: Imgwire) => imgwire.createBulkDownloadJob([UNKNOWN])],
    ['retrieveBulkDownloadJob', (imgwire: Imgwire) => imgwire.retrieveBulkDownloadJob(UNKNOWN)],
    ['retrieveBulkDownloadJob', (imgwire: Imgwire) => imgwire.waitUntilDownloadReady(UNKNOWN)],
  ])('is a TypeError that names images.%s()', async (name, call) => {
    const emulator = await startEmulator();
    const { create, retrieve, list, uploadViaUrl, createUploadToken, ...images } =
      sdkShapedClient(emulator).images;
    const client: ImgwireClientLike = {
      images: { create, retrieve, list, uploadViaUrl, createUploadToken, delete: images.delete },
    };
    const imgwire = createImgwire({ client });
    await imgwire.upload({ file: png });
    const thrown = await reasonOf(call(imgwire));
    await imgwire.close();
    await emulator.close();
    expect(String(thrown)).toMatch(`TypeError: The \`client\` has no images.${name}()`);
  });
});
