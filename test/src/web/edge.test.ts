import { createImgwire as createNodeImgwire } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type EdgeImgwire,
  type ImgwireEdgeDirectUploadOptions,
  imgwireDirectUpload,
  imgwireUploadToken,
} from '@imgwire/web/edge';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { image } from '../support/images.ts';

const png = await image('image/png');
const RULES = { authorize: () => true, subject: null };
const post = (body: object = { files: [{ name: 'a.png', type: 'image/png', size: png.length }] }): Request =>
  new Request('http://localhost/photos', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
  vi.stubEnv('IMGWIRE_API_KEY', '');
  vi.stubEnv('IMGWIRE_API_BASE_URL', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await emulator.close();
});
const connection = () => ({ apiKey: emulator.apiKey, baseUrl: emulator.url });
const routes = (): string[] => emulator.requests.map(({ route }) => route);

describe('@imgwire/web/edge', () => {
  it('rejects what has an effect only in a process of Node', () => {
    const directWith = (more: object) => () =>
      imgwireDirectUpload({ ...RULES, ...more } as ImgwireEdgeDirectUploadOptions);
    expect(directWith({ maxPending: 3 })).toThrow(
      /^imgwireDirectUpload\(\): unknown option "maxPending"; nothing at the edge counts over requests/,
    );
    for (const name of ['client', 'dispatcher', 'maxConcurrentUploads', 'closeTimeoutMs']) {
      expect(directWith({ [name]: {} })).toThrow(
        `imgwireDirectUpload(): unknown option "${name}"; it is for uploads through a server of Node: leave it out at the edge.`,
      );
    }
    expect(directWith({ imgwire: createImgwire(connection()), apiKey: 'sk_a' })).toThrow(
      /"apiKey" belongs to/,
    );
    expect(() => imgwireUploadToken({} as never)).toThrow(/option "authorize" is required/);
    expect(() => createImgwire({ timeout: 3 } as never)).toThrow(/did you mean "requestTimeoutMs"/);
  });

  it('takes the key of the environment when it is first used', async () => {
    const route = imgwireDirectUpload(RULES);
    await expect(route(post())).rejects.toThrow(/no API key/);
    vi.stubEnv('IMGWIRE_API_KEY', emulator.apiKey);
    vi.stubEnv('IMGWIRE_API_BASE_URL', emulator.url);
    expect((await route(post())).status).toBe(200);
  });

  it.each<[string, () => EdgeImgwire]>([
    ['its own', () => createImgwire(connection())],
    ['Node', () => createNodeImgwire(connection())],
  ])('takes an instance of %s, whose key signs the tickets', async (_, create) => {
    const route = imgwireDirectUpload({ ...RULES, imgwire: create() });
    const { uploads } = (await (await route(post())).json()) as { uploads: { ticket: string }[] };
    const other = imgwireDirectUpload({ ...RULES, ...connection() });
    expect((await other(post({ cancelled: [uploads[0]?.ticket] }))).status).toBe(204);
    expect(emulator.images.list()).toEqual([]);
  });

  it('retrieves and deletes an image, and reports one that cannot be deleted', async () => {
    const failures: unknown[] = [];
    const imgwire = createImgwire({
      ...connection(),
      onRollbackFailed: ({ imageId }) => void failures.push(imageId),
    });
    const { image: created } = await imgwire.createDirectUpload({ fileName: 'a.png' });
    const { id } = created;
    expect(await imgwire.retrieve(id)).toEqual(emulator.images.get(id));
    emulator.faults.add({ route: 'delete', status: 403 });
    await imgwire.discard(id);
    expect(failures).toEqual([id]);
    await imgwire.delete(id);
    await expect(imgwire.retrieve(id)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    await expect(imgwire.retrieve('')).rejects.toThrow(TypeError);
  });

  it('aborts a call with the reason of its signal, and one that takes too long', async () => {
    const imgwire = createImgwire({ ...connection(), requestTimeoutMs: 200, maxAttempts: 2 });
    emulator.faults.add({ route: 'token', hang: true, times: 3 });
    await expect(imgwire.createUploadToken()).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    const leaving = new AbortController();
    const call = imgwire.createUploadToken(leaving.signal);
    await emulator.waitFor(({ requests }) => requests.length === 3);
    leaving.abort(new Error('gone'));
    await expect(call).rejects.toThrow('gone');
    expect(routes()).toEqual(['token', 'token', 'token']);
  });

  it('does not follow a redirect, which would get the key', async () => {
    const imgwire = createImgwire({ ...connection(), maxAttempts: 1 });
    emulator.faults.add({ route: 'token', status: 302, headers: { Location: `${emulator.url}/elsewhere` } });
    await expect(imgwire.createUploadToken()).rejects.toMatchObject({ code: 'UPSTREAM_REJECTED' });
    expect(routes()).toEqual(['token']);
  });

  it('finds no connection where nobody listens', async () => {
    const imgwire = createImgwire({ ...connection(), baseUrl: 'http://127.0.0.1:1', maxAttempts: 1 });
    await expect(imgwire.createUploadToken()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});
