import type { AddressInfo } from 'node:net';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import type { Express } from 'express';
import request, { type Response } from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { image, textNamedPng } from '../support/images.ts';
import { createClamd } from './clamd.ts';
import { createApp } from './scan-for-viruses.ts';

describe('a photo that is scanned before it is stored', () => {
  const clamd = createClamd();
  let emulator: Emulator;
  let app: Express;
  beforeAll(async () => {
    emulator = await startEmulator();
    await new Promise<void>((resolve) => clamd.listen(0, '127.0.0.1', resolve));
    const { port } = clamd.address() as AddressInfo;
    app = await createApp({ host: '127.0.0.1', port }, { apiKey: emulator.apiKey, baseUrl: emulator.url });
  });
  afterEach(() => emulator.reset());
  afterAll(async () => {
    clamd.close();
    await emulator.close();
  });
  const post = async (bytes: Buffer): Promise<Response> =>
    request(app).post('/photos').attach('photo', bytes, 'a.png');
  const endingWith = async (text: string): Promise<Buffer> =>
    Buffer.concat([await image('image/png'), Buffer.from(text)]);

  it('is stored when it is clean', async () => {
    const { status, body } = await post(await image('image/png'));
    expect(status).toBe(201);
    expect(await emulator.images.bytes(body.id)).toEqual(await image('image/png'));
  });

  it.each([
    ['it is infected', 'virus', 422],
    ['the scanner hangs up', 'crash', 503],
  ])('is not sent to Imgwire when %s', async (_, text, status) => {
    expect(await post(await endingWith(text))).toMatchObject({ status });
    expect(emulator.requests).toEqual([]);
  });

  it('is refused when it is no image', async () => {
    expect(await post(textNamedPng.bytes)).toMatchObject({ status: 415 });
  });
});
