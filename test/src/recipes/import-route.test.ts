import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, imgwireErrorHandler, imgwireUploadViaUrl } from '@imgwire/express';
import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const app = express();
let emulator: Emulator;
let imgwire: ReturnType<typeof createImgwire>;
beforeAll(async () => {
  emulator = await startEmulator();
  imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  const importImage = imgwireUploadViaUrl({ imgwire, allowedHosts: ['images.example.com'] });
  app.post('/import', importImage, (req, res) => void res.status(201).json({ id: req.image?.id }));
  app.use(imgwireErrorHandler());
});
afterAll(async () => {
  await imgwire.close();
  await emulator.close();
});

const post = (url: string) => request(app).post('/import').send({ url });

it('responds with the image, without using the network', async () => {
  const stored = await imgwire.upload({ file: picture, fileName: 'cat.png' });
  emulator.faults.add({ route: 'upload_via_url', status: 200, body: { ...stored } });
  const response = await post('https://images.example.com/cat.png');
  expect([response.status, response.body]).toEqual([201, { id: stored.id }]);
});

it('responds with 400 for another host, before Imgwire is asked', async () => {
  const response = await post('https://www.example.com/cat.png');
  expect([response.status, response.body.code]).toEqual([400, 'URL_HOST_NOT_ALLOWED']);
});
