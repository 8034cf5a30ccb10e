import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireUpload as expressUpload } from '@imgwire/express';
import { createImgwire, imgwireDirectUpload, imgwireUpload } from '@imgwire/web';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { overRest } from '../support/upload-suite.ts';

const png = await image('image/png');
const post = (): Request =>
  new Request('http://localhost/avatar', {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: encodeForm([{ name: 'avatar', fileName: 'a.png', bytes: png }]),
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
const setEnvironment = (): void => {
  vi.stubEnv('IMGWIRE_API_KEY', emulator.apiKey);
  vi.stubEnv('IMGWIRE_API_BASE_URL', emulator.url);
};
const NO_KEY = /createImgwire\(\) has no API key/;

describe('createImgwire() of @imgwire/web', () => {
  it('takes the key of the environment when it is first used, and connects once', async () => {
    const imgwire = createImgwire({ apiKey: undefined, client: undefined });
    setEnvironment();
    const { id } = await imgwire.upload({ file: png });
    vi.stubEnv('IMGWIRE_API_KEY', 'sk_another');
    expect((await imgwire.list()).data).toMatchObject([{ id }]);
    await imgwire.close();
    await expect(imgwire.list()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('connects the routes that share it when they are first used', async () => {
    const imgwire = createImgwire();
    const route = imgwireUpload({ imgwire }).single('avatar');
    setEnvironment();
    expect((await route.receive(post())).images).toHaveLength(1);
    await imgwire.close();
  });

  it('signs the tickets of direct uploads with its key', async () => {
    const imgwire = createImgwire();
    const route = imgwireDirectUpload({ imgwire, authorize: () => true, subject: null });
    setEnvironment();
    const body = JSON.stringify({ files: [{ name: 'a.png', type: 'image/png', size: png.length }] });
    const headers = { 'content-type': 'application/json' };
    const begun = await route(new Request('http://localhost/photos', { method: 'POST', headers, body }));
    expect(await begun.json()).toMatchObject({ uploads: [{ ticket: expect.stringMatching(/^1\./) }] });
    await imgwire.close();
  });

  it('takes every call of a connection, also when its parts are spread or taken out', async () => {
    setEnvironment();
    const { upload, uploadMany, listAll, ...others } = { ...createImgwire() };
    const { id } = await upload({ file: png });
    for await (const { status } of uploadMany([{ file: png }])) expect(status).toBe('fulfilled');
    const ids: string[] = [];
    for await (const each of listAll()) ids.push(each.id);
    expect(ids).toHaveLength(2);
    expect(ids).toContain(id);
    await others.close();
  });

  it('is one that Express takes', async () => {
    setEnvironment();
    const imgwire = createImgwire();
    expect(() => expressUpload({ imgwire })).not.toThrow();
    await imgwire.close();
  });

  it('says to a call that there is no key: by a rejection, or at once', async () => {
    const imgwire = createImgwire();
    await expect(imgwire.list()).rejects.toThrow(NO_KEY);
    await expect(imgwire.upload({ file: png })).rejects.toThrow(NO_KEY);
    expect(() => imgwire.uploadMany([{ file: png }])).toThrow(NO_KEY);
    expect(() => imgwire.listAll()).toThrow(NO_KEY);
    expect(() => imgwire.receiver()).toThrow(NO_KEY);
    expect(() => imgwire.storage()).toThrow(NO_KEY);
    await expect(imgwireUpload({ imgwire }).receive(post())).rejects.toThrow(NO_KEY);
  });

  it('looks again for a key that was not there', async () => {
    const imgwire = createImgwire();
    await expect(imgwire.list()).rejects.toThrow(NO_KEY);
    setEnvironment();
    expect((await imgwire.list()).data).toEqual([]);
    await imgwire.close();
  });

  it('is closed without a key, and calls afterwards are SHUTTING_DOWN', async () => {
    const imgwire = createImgwire();
    await imgwire.close();
    await imgwire.close();
    setEnvironment();
    await expect(imgwire.upload({ file: png })).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(emulator.requests).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ['an unknown option', { timeout: 5 }, /createImgwire\(\): unknown option "timeout"/],
    ['a connection', { imgwire: {} }, /createImgwire\(\): unknown option "imgwire"/],
    ['a client key', { apiKey: 'ck_4f7a' }, /createImgwire\(\): option "apiKey" must be a server key/],
    ['a wrong address', { baseUrl: 'localhost' }, /createImgwire\(\): option "baseUrl"/],
    [
      'options that exclude each other',
      { dispatcher: { dispatch: () => true }, connectTimeoutMs: 5 },
      /"connectTimeoutMs" belongs to the `dispatcher`/,
    ],
  ])('refuses %s at once', (_what, options, said) => {
    expect(() => createImgwire(options as never)).toThrow(said);
  });

  it('says at once nothing of a wrong environment, in which builds run', () => {
    vi.stubEnv('IMGWIRE_API_KEY', 'ck_4f7a');
    vi.stubEnv('IMGWIRE_API_BASE_URL', 'localhost');
    expect(() => createImgwire()).not.toThrow();
  });

  it('takes the key and the address that are given', async () => {
    const imgwire = createImgwire(overRest(emulator));
    expect((await imgwire.list()).data).toEqual([]);
    await imgwire.close();
  });
});
