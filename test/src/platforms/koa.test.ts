import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Answer, postForm } from '../support/client.ts';
import { image, textNamedPng } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { sha256 } from '../support/upload-suite.ts';

let emulator: Emulator;
let server: Server;
let url: string;
beforeAll(async () => {
  emulator = await startEmulator();
  vi.stubEnv('IMGWIRE_API_KEY', emulator.apiKey);
  vi.stubEnv('IMGWIRE_API_BASE_URL', emulator.url);
  const { app } = await import('./koa.ts');
  const listener = app.callback();
  server = createServer((req, res) => void listener(req, res));
  url = await listen(server);
});
afterAll(async () => {
  server.close();
  await emulator.close();
  vi.unstubAllEnvs();
});
const post = (bytes: Uint8Array): Promise<Answer> =>
  postForm(url, [{ name: 'avatar', fileName: 'a.png', bytes }]);

it('stores what a Koa application receives', async () => {
  const bytes = await image('image/png');
  const { status, json } = await post(bytes);
  expect(status).toBe(200);
  expect(emulator.images.sha256(json.id)).toBe(sha256(bytes));
});

it('answers what it refuses with problem details', async () => {
  const { status, headers, json } = await post(textNamedPng.bytes);
  expect(status).toBe(415);
  expect(headers['content-type']).toBe('application/problem+json');
  expect(json).toMatchObject({ code: 'UNSUPPORTED_IMAGE_TYPE' });
});
