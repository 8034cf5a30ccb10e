import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  type ImgwireUpload,
  type ImgwireUploadOptions,
  imgwireErrorHandler,
  imgwireUpload,
} from '@imgwire/express';
import express5, { type RequestHandler } from 'express';
import express4 from 'express4';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type Part, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';

// The same of Nest's routes is in nest-module.test.ts.
describe.each([
  ['Express 4', express4],
  ['Express 5', express5],
])('a route of %s', (_name, makeApp) => {
  let emulator: Emulator;
  let server: Server;
  let url: string;
  const start = async (
    options: ImgwireUploadOptions,
    route: (upload: ImgwireUpload) => RequestHandler,
  ): Promise<void> => {
    const upload = imgwireUpload({ apiKey: emulator.apiKey, baseUrl: emulator.url, ...options });
    const app = makeApp();
    app.post('/', route(upload), (req, res) => void res.json(req.images?.length));
    app.use(imgwireErrorHandler());
    server = createServer(app);
    url = await listen(server);
  };
  const files = async (name: string, count: number, type: 'image/png' | 'image/jpeg'): Promise<Part[]> => {
    const bytes = await image(type);
    return Array.from({ length: count }, () => ({ name, fileName: 'a', bytes }));
  };
  const post = async (
    name: string,
    type: 'image/png' | 'image/jpeg' = 'image/png',
    count = 1,
  ): Promise<Answer> => postForm(url, await files(name, count, type));
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await emulator.close();
  });

  it.each<[string, (upload: ImgwireUpload) => RequestHandler]>([
    ['single', (upload) => upload.single('a', { accept: ['image/jpeg'] })],
    ['array', (upload) => upload.array('a', 1, { accept: ['image/jpeg'] })],
    ['fields', (upload) => upload.fields([{ name: 'a', maxCount: 1 }], { accept: ['image/jpeg'] })],
    ['any', (upload) => upload.any({ accept: ['image/jpeg'], limits: { files: 1 } })],
  ])('has rules of its own with %s()', async (_method, route) => {
    await start({ accept: ['image/png'] }, route);
    expect((await post('a')).json.code).toBe('UNSUPPORTED_IMAGE_TYPE');
    expect((await post('a', 'image/jpeg', 2)).json.code).toMatch(/^LIMIT_/);
    expect((await post('a', 'image/jpeg')).json).toBe(1);
  });

  it('keeps the shared rules that it says nothing of, and its limits go before theirs one by one', async () => {
    const limits = { fileSize: 10, fields: 0 };
    await start({ accept: ['image/jpeg'], limits }, (upload) =>
      upload.single('a', { accept: undefined as never, limits: { fileSize: 1000 } }),
    );
    expect((await post('a')).json.code).toBe('UNSUPPORTED_IMAGE_TYPE');
    expect((await post('a', 'image/jpeg')).json).toBe(1);
    const text = await postForm(url, [{ name: 'title', value: 'Katze' }]);
    expect(text.json.code).toBe('LIMIT_FIELD_COUNT');
  });

  it('has the rules of its field, its own before the shared ones', async () => {
    const fields = [{ name: 'a', fileSize: 10 }];
    await start({ fields }, (upload) => upload.array('a', 2, { fields: [{ name: 'a', fileSize: 1000 }] }));
    expect((await post('a', 'image/png', 2)).json).toBe(2);
    expect((await post('b')).json.code).toBe('LIMIT_UNEXPECTED_FILE');
  });

  it('is refused what is no form where any() has a field that must have a file', async () => {
    await start({ fields: [{ name: 'a', required: true }] }, (upload) => upload.any());
    const answer = await fetch(url, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(415);
  });
});
