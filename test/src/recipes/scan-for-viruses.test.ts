import { type Emulator, startEmulator } from '@imgwire/emulator';
import type { Express } from 'express';
import request, { type Response } from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { image, imageOfSize, textNamedPng } from '../support/images.ts';
import { sha256 } from '../support/upload-suite.ts';
import { CLAMDS, type Clamd, EICAR } from './clamd.ts';
import { createApp } from './scan-for-viruses.ts';

const KIB = 1024;

describe.each(CLAMDS)('a photo that is scanned by $name', ({ start }) => {
  let clamd: Clamd;
  let emulator: Emulator;
  let app: Express;
  beforeAll(async () => {
    emulator = await startEmulator();
    clamd = await start();
    app = createApp(clamd.at, { apiKey: emulator.apiKey, baseUrl: emulator.url });
  });
  afterEach(() => emulator.reset());
  afterAll(async () => {
    await clamd.close();
    await emulator.close();
  });
  const post = async (bytes: Buffer): Promise<Response> =>
    request(app).post('/photos').attach('photo', bytes, 'a.jpg');

  it.each([20 * KIB, 5000 * KIB])('is stored when it is clean, of %i bytes', async (size) => {
    const bytes = await imageOfSize('image/jpeg', size);
    const { status, body } = await post(bytes);
    expect(status).toBe(201);
    expect(emulator.images.sha256(body.id)).toBe(sha256(bytes));
  });

  it.each([
    ['its first 64 KiB', 5000 * KIB, 30 * KIB],
    ['its last 64 KiB', 5000 * KIB, 4970 * KIB],
    ['the middle of a small one', 20 * KIB, 10 * KIB],
  ])('is not at Imgwire with a virus in %s', async (_, size, at) => {
    const bytes = await imageOfSize('image/jpeg', size);
    bytes.write(EICAR, at, 'latin1');
    const { status, body } = await post(bytes);
    expect({ status, ...body }).toMatchObject({
      status: 422,
      code: 'SCAN_REFUSED',
      detail: 'The file has a virus.',
    });
    expect(emulator.images.list()).toEqual([]);
    expect(emulator.requests.filter(({ route, status }) => route === 'put' && status === 200)).toEqual([]);
  });

  it('is rejected when it is no image', async () => {
    expect(await post(textNamedPng.bytes)).toMatchObject({ status: 415 });
  });

  it('is not stored when the scanner has gone', async () => {
    await clamd.close();
    expect(await post(await image('image/jpeg'))).toMatchObject({ status: 503 });
    expect(emulator.images.list()).toEqual([]);
  });
});
