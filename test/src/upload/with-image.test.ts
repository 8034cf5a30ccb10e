import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireErrorHandler, imgwireUpload, withImage } from '@imgwire/express';
import express5 from 'express';
import express4 from 'express4';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/targets.ts';

describe.each([
  ['Express 4', express4],
  ['Express 5', express5],
])('a handler with an image, on %s', (_name, makeApp) => {
  let emulator: Emulator;
  let server: Server;
  let url: string;
  beforeEach(async () => {
    emulator = await startEmulator();
    const upload = imgwireUpload({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    const app = makeApp();
    app.post(
      '/',
      upload.single('a'),
      withImage((req, res) => res.json(req.image.id)),
    );
    app.use(imgwireErrorHandler());
    server = createServer(app);
    url = await listen(server);
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await emulator.close();
  });

  it('gets it', async () => {
    const answer = await postForm(url, [{ name: 'a', fileName: 'a.png', bytes: await image('image/png') }]);
    expect(answer.json).toBe(emulator.images.list()[0]?.id);
  });

  it('is not called without one', async () => {
    const answer = await postForm(url, [{ name: 'title', value: 'x' }]);
    expect(answer).toMatchObject({ status: 400, json: { code: 'FILE_REQUIRED' } });
  });
});
