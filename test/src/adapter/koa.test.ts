import { readFile } from 'node:fs/promises';
import { Agent, createServer, type Server } from 'node:http';
import { isImgwireError } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import Koa, { type Context } from 'koa';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { encodeForm, openPost, type Part, postBody, postForm } from '../support/client.ts';
import { image, imageOfSize, textNamedPng } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { sha256 } from '../support/upload-suite.ts';
import { imgwireErrors, imgwireUpload } from './koa-imgwire.ts';

let emulator: Emulator;
let server: Server;
let url: string;
/** What reached Koa itself. */
const errors: unknown[] = [];
/** In front of the uploads, on the way back too. */
let front: Koa.Middleware = (_ctx, next) => next();

beforeEach(async () => {
  emulator = await startEmulator();
  const upload = imgwireUpload({ apiKey: emulator.apiKey, baseUrl: emulator.url, accept: ['image/png'] });
  const routes: Readonly<Record<string, Koa.Middleware>> = {
    '/avatar': upload.single('avatar'),
    '/body': upload.body(),
    '/required': upload.single('avatar', { required: true }),
    '/any': upload.any({ authorize: (ctx: Context) => ctx.get('x-user') !== 'nobody' }),
  };
  const app = new Koa();
  errors.length = 0;
  app.on('error', (error) => errors.push(error));
  app.use((ctx, next) => front(ctx, next)).use(imgwireErrors);
  app.use((ctx, next) => routes[ctx.path]?.(ctx, next));
  app.use((ctx) => {
    ctx.body = { id: ctx.image?.id, ids: ctx.images?.map(({ id }) => id), body: ctx.request.body };
  });
  const listener = app.callback();
  server = createServer((req, res) => void listener(req, res));
  url = await listen(server);
});
afterEach(async () => {
  front = (_ctx, next) => next();
  server.closeAllConnections();
  server.close();
  await emulator.close();
});

const png = async (name = 'avatar', bytes = image('image/png')): Promise<Part> => ({
  name,
  fileName: 'a.png',
  bytes: await bytes,
});

it('has fifty lines, as its page says', async () => {
  const text = await readFile(new URL('./koa-imgwire.ts', import.meta.url), 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(50);
});

it('serves the application of its page', async () => {
  vi.stubEnv('IMGWIRE_API_KEY', emulator.apiKey);
  vi.stubEnv('IMGWIRE_API_BASE_URL', emulator.url);
  const { app } = await import('./koa-app.ts');
  vi.unstubAllEnvs();
  const listener = app.callback();
  const own = createServer((req, res) => void listener(req, res));
  const { json } = await postForm(await listen(own), [await png(), { name: 'title', value: 'Lake' }]);
  expect(json).toEqual({ id: emulator.images.list()[0]?.id, fields: { title: 'Lake' } });
  own.close();
});

it('stores a file, and gives the handler its image and the texts in front of it and behind it', async () => {
  const file = await png();
  const parts = [{ name: 'title', value: 'Lake' }, file, { name: 'tags[0]', value: 'blue' }];
  const { status, json } = await postForm(`${url}/avatar`, parts);
  expect(status).toBe(200);
  expect(json.body).toEqual({ title: 'Lake', tags: ['blue'] });
  expect(json.ids).toEqual([json.id]);
  expect(emulator.images.sha256(json.id)).toBe(sha256(await image('image/png')));
});

it('stores a body that is the image, and leaves the body of the request alone', async () => {
  const png = await image('image/png');
  const { status, json } = await postBody(`${url}/body`, png, { headers: { 'content-type': 'image/png' } });
  expect(status).toBe(200);
  expect(json.body).toBeUndefined();
  expect(emulator.images.sha256(json.id)).toBe(sha256(png));
});

it('stores files of any field', async () => {
  const { json } = await postForm(`${url}/any`, [await png('one'), await png('two')]);
  expect(json.ids).toHaveLength(2);
  expect(emulator.images.list()).toHaveLength(2);
});

it('leaves a request that is no form to the handler', async () => {
  const response = await fetch(`${url}/avatar`, { method: 'POST', body: '{}' });
  expect(await response.json()).toEqual({ ids: [] });
});

it.each([
  ['/avatar', [{ ...textNamedPng, name: 'avatar', fileName: 'a.png' }], 415, 'UNSUPPORTED_IMAGE_TYPE'],
  ['/required', [{ name: 'title', value: 'Lake' }], 400, 'FILE_REQUIRED'],
  ['/any', [{ ...textNamedPng, name: 'avatar', fileName: 'a.png' }], 403, 'FORBIDDEN'],
] as const)('responds with problem details where %s rejects a form', async (path, parts, status, code) => {
  const headers = { 'x-user': 'nobody' };
  const response = await postForm(url + path, parts, { headers });
  expect(response.headers['content-type']).toBe('application/problem+json');
  expect(response.json).toMatchObject({ status, code });
  expect(response.status).toBe(status);
  expect(emulator.images.list()).toEqual([]);
  expect(errors).toEqual([]);
});

it('leaves nothing of an upload whose client has gone', async () => {
  const body = encodeForm([await png('avatar', imageOfSize('image/png', 1024 * 1024))]);
  const post = openPost(`${url}/avatar`, body.length);
  await post.write(body.subarray(0, 600_000));
  await vi.waitUntil(() => emulator.images.list().length === 1);
  post.request.destroy();
  await vi.waitUntil(() => emulator.images.list().length === 0);
  // Koa reports the broken connection itself.
  expect(errors.filter(isImgwireError)).toEqual([]);
});

it('writes nothing over the response of a timer in front, and leaves nothing of its upload', async () => {
  let upload: Promise<unknown> | undefined;
  front = async (ctx, next) => {
    upload = next();
    await vi.waitUntil(() => emulator.images.list().length === 1);
    ctx.status = 504;
    ctx.body = 'too slow';
  };
  const body = encodeForm([await png('avatar', imageOfSize('image/png', 1024 * 1024))]);
  const post = openPost(`${url}/avatar`, body.length);
  await post.write(body.subarray(0, 600_000));
  const { status, text } = await post.answer;
  expect([status, text]).toEqual([504, 'too slow']);
  post.request.destroy();
  await upload;
  expect(emulator.images.list()).toEqual([]);
  expect(errors).toEqual([]);
});

it('takes a second upload on the connection of the first', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let connections = 0;
  server.on('connection', () => connections++);
  const first = await postForm(`${url}/avatar`, [await png()], { agent });
  const second = await postForm(`${url}/avatar`, [await png()], { agent });
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(emulator.images.list()).toHaveLength(2);
  expect(connections).toBe(1);
  agent.destroy();
});

it('leaves other errors to Koa', async () => {
  const bug = new Error('a bug of the application');
  front = (ctx) => imgwireErrors(ctx, () => Promise.reject(bug));
  const { status } = await postForm(`${url}/avatar`, [await png()]);
  expect(status).toBe(500);
  expect(errors).toEqual([bug]);
});

it('names a wrong rule when the route is made', () => {
  const upload = imgwireUpload({ apiKey: 'sk_1' });
  expect(() => upload.single('avatar', { maxPixel: 1 } as object)).toThrow(
    'imgwireUpload().single(): unknown option "maxPixel"; did you mean "maxPixels"?',
  );
});
