import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import request from 'supertest';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { createApp } from './from-another-origin.ts';
import { sendPicture } from './send-picture.ts';

const origin = 'https://www.example.com';
const picture = new Blob([new Uint8Array(await image('image/png'))]);

let emulator: Emulator;
let server: Server;
beforeEach(async () => {
  emulator = await startEmulator();
  server = createServer(createApp({ apiKey: emulator.apiKey, baseUrl: emulator.url }));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await emulator.close();
});

it('stores what a page sends, and says why it refuses', async () => {
  const url = `${await listen(server)}/avatar`;
  const { id } = await sendPicture(url, picture);
  expect(emulator.images.list()).toMatchObject([{ id }]);
  await expect(sendPicture(url, new Blob(['hello']))).rejects.toThrow('not an image of an accepted type');
});

it('lets the page of the other origin read the response, that of an error too, and no page of a third', async () => {
  const preflight = await request(server).options('/avatar').set('Origin', origin);
  expect(preflight.status).toBe(204);
  const refused = await request(server).post('/avatar').set('Origin', origin);
  expect(refused.status).toBe(415);
  for (const { headers } of [preflight, refused]) {
    expect(headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
  }
  const third = await request(server).post('/avatar').set('Origin', 'https://evil.example');
  expect(third.headers['access-control-allow-origin']).toBeUndefined();
});
