import { startEmulator } from '@imgwire/emulator';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createApp } from './validate-with-zod.ts';

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let imgwire: Awaited<ReturnType<typeof startEmulator>>;
let app: ReturnType<typeof createApp>;
beforeAll(async () => {
  imgwire = await startEmulator();
  app = createApp({ apiKey: imgwire.apiKey, baseUrl: imgwire.url });
});
afterEach(() => imgwire.reset());
afterAll(() => imgwire.close());

it('stores the picture of a valid post', async () => {
  const { status, body } = await request(app)
    .post('/posts')
    .field({ title: ' Lake ', rating: '5', 'tags[]': ['blue', 'cold'] })
    .attach('picture', picture, 'lake.png');

  expect(status).toBe(201);
  expect(body).toEqual({ title: 'Lake', rating: 5, tags: ['blue', 'cold'], picture: expect.any(String) });
  expect(await imgwire.images.bytes(body.picture)).toEqual(picture);
});

it('keeps no picture of an invalid post', async () => {
  const { status, body } = await request(app)
    .post('/posts')
    .field({ title: 'Lake', rating: 'nice' })
    .attach('picture', picture, 'lake.png');

  expect(status).toBe(422);
  expect(body.issues).toEqual([{ path: ['rating'], message: expect.any(String) }]);
  expect(imgwire.images.list()).toEqual([]);
});
