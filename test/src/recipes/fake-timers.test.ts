import { createServer } from 'node:http';
import { startEmulator } from '@imgwire/emulator';
import { createImgwire, imgwireUpload } from '@imgwire/express';
import express from 'express';
import { afterEach, expect, it, vi } from 'vitest';
import { postForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { listen } from '../support/listen.ts';

// packages/core/docs/testing.md says how to fake timers.

afterEach(() => {
  vi.useRealTimers();
});

it('an upload goes on under the fake timers of testing.md, and its connection closes', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  vi.setSystemTime('2030-01-01');
  const emulator = await startEmulator();
  const imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  const app = express();
  app.post('/', imgwireUpload({ imgwire }).any(), (req, res) => void res.json(req.images));
  const server = createServer(app);
  const url = await listen(server);
  for (const bytes of [await image('image/png'), await imageOfSize('image/jpeg', 3_000_000)]) {
    const parts = [
      { name: 'a', fileName: 'a', bytes },
      { name: 'title', value: 'Katze' },
    ];
    expect((await postForm(url, parts)).status).toBe(200);
  }
  expect(new Date().getFullYear()).toBe(2030);
  await imgwire.close();
  server.closeAllConnections();
  server.close();
  await emulator.close();
});
