import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, imgwireUpload } from '@imgwire/express';
import express5 from 'express';
import express4 from 'express4';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';

// On Fastify and in Nest an upload belongs to a route.
describe.each([
  ['Express 4', express4],
  ['Express 5', express5],
])('a form to a path without a route, behind an upload of the whole %s application', (_name, makeApp) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let server: Server;
  const post = async (discardOnError: boolean): Promise<Answer> => {
    const app = makeApp();
    app.use(imgwireUpload({ imgwire, discardOnError }));
    server = createServer(app);
    const bytes = await image('image/png');
    return postForm(`${await listen(server)}/nowhere`, [{ name: 'a', fileName: 'a.png', bytes }]);
  };
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await imgwire.close();
    await emulator.close();
  });

  it('is stored, and answered 404', async () => {
    expect((await post(false)).status).toBe(404);
    await imgwire.close();
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('leaves nothing with discardOnError', async () => {
    expect((await post(true)).status).toBe(404);
    await emulator.waitFor(({ images }) => images.list().length === 0);
  });
});
