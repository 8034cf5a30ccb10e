import { once } from 'node:events';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { type FastifyImgwire, imgwire, type UploadHook } from '@imgwire/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Part, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';

const form: Part[] = [{ name: 'avatar', fileName: 'a.png', bytes: await image('image/png') }];
const noImage: Part[] = [{ name: 'avatar', fileName: 'a.png', bytes: Buffer.from('hello') }];
const link = JSON.stringify({ url: 'https://images.example.com/a.png' });

let emulator: Emulator;
let app: FastifyInstance;
let warnings: Error[];
const onWarning = (warning: Error): void => void warnings.push(warning);
beforeEach(async () => {
  emulator = await startEmulator();
  warnings = [];
  process.on('warning', onWarning);
  app = fastify();
  await app.register(imgwire, { apiKey: emulator.apiKey, baseUrl: emulator.url });
});
afterEach(async () => {
  process.off('warning', onWarning);
  app.server.closeAllConnections();
  await app.close();
  await emulator.close();
});
const listen = (): Promise<string> => app.listen({ port: 0, host: '127.0.0.1' });

/** A handler that calls a hook and forgets it, with what it waits for itself. */
const forget = (hook: UploadHook, wait: () => Promise<unknown> = async () => undefined): void => {
  app.post('/', { config: { imgwire: true } }, async (request, reply) => {
    hook(request, reply).constructor;
    await wait();
    return { images: request.images?.length ?? null };
  });
};
const said = (call: string): object => ({
  code: 'IMGWIRE_NOT_AWAITED',
  message: `${call}: its promise was not awaited, and has failed; write await in front of the call.`,
});

describe('a hook that a handler calls and does not await', () => {
  it('ends with the response, is told once, and leaves nothing', async () => {
    forget(app.imgwire.single('avatar'));
    const url = await listen();
    const warned = once(process, 'warning');
    expect(await postForm(url, form)).toMatchObject({ status: 200, json: { images: null } });
    expect(await warned).toMatchObject([said('app.imgwire.single()')]);
    expect(await postForm(url, form)).toMatchObject({ status: 200 });
    // The second has failed too by then.
    await app.close();
    expect(warnings).toHaveLength(1);
    expect(emulator.images.list()).toEqual([]);
  });

  it('ends a process for no client: what fails before the response is told as well', async () => {
    const warned = once(process, 'warning');
    forget(app.imgwire.any(), () => warned);
    expect(await postForm(await listen(), noImage)).toMatchObject({ status: 200 });
    const [warning] = await warned;
    expect(warning).toMatchObject(said('app.imgwire.any()'));
    expect(warning.detail).toContain('not an image of an accepted type');
  });

  it.each<[string, (own: FastifyImgwire) => UploadHook, string, string]>([
    [
      'an import',
      ({ uploadViaUrl }) => uploadViaUrl({ allowedHosts: ['images.example.com'] }),
      'uploadViaUrl',
      link,
    ],
    [
      'a refused import',
      ({ uploadViaUrl }) => uploadViaUrl({ allowedHosts: ['a.example'] }),
      'uploadViaUrl',
      link,
    ],
  ])('is told of %s', async (_what, make, name, body) => {
    forget(make(app.imgwire));
    const warned = once(process, 'warning');
    const answer = await fetch(await listen(), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(answer.status).toBe(200);
    expect(await warned).toMatchObject([said(`app.imgwire.${name}()`)]);
  });
});

describe('a hook whose promise somebody has', () => {
  it.each<[string, (hook: UploadHook) => UploadHook]>([
    [
      'await',
      (hook) =>
        async (...given) =>
          void (await hook(...given)),
    ],
    [
      'return',
      (hook) =>
        async (...given) =>
          hook(...given),
    ],
    [
      'then()',
      (hook) =>
        (...given) =>
          hook(...given).then(() => undefined),
    ],
    [
      'Promise.all()',
      (hook) =>
        async (...given) =>
          void (await Promise.all([hook(...given)])),
    ],
  ])('fails for %s, without a warning', async (_what, wrap) => {
    const hook = wrap(app.imgwire.single('avatar'));
    app.post('/', { config: { imgwire: true } }, async (request, reply) => {
      await hook(request, reply);
      return {};
    });
    app.post('/hook', { preHandler: app.imgwire.single('avatar') }, async () => ({}));
    const url = await listen();
    expect(await postForm(url, noImage)).toMatchObject({ status: 415 });
    expect(await postForm(`${url}/hook`, noImage)).toMatchObject({ status: 415 });
    expect(await postForm(`${url}/hook`, form)).toMatchObject({ status: 200 });
    await app.close();
    expect(warnings).toEqual([]);
  });
});
