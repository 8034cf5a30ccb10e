import { type Emulator, startEmulator } from '@imgwire/emulator';
import type { Express } from 'express';
import sharp from 'sharp';
import request, { type Response } from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { textNamedPng } from '../support/images.ts';
import { createApp } from './without-exif.ts';

describe('a photo that is stored without EXIF', () => {
  let emulator: Emulator;
  let app: Express;
  beforeAll(async () => {
    emulator = await startEmulator();
    app = createApp({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  });
  afterEach(() => emulator.reset());
  afterAll(() => emulator.close());
  const post = async (bytes: Buffer): Promise<Response> =>
    request(app).post('/photos').attach('photo', bytes, 'a.jpg');

  it('is upright and in its colours, and does not say where it was taken', async () => {
    const create = { width: 60, height: 40, channels: 3, background: '#2060c0' } as const;
    const lying = sharp({ create }).jpeg().withMetadata({ orientation: 6 }).withIccProfile('p3');
    const photo = await lying
      .withExifMerge({ IFD3: { GPSLatitude: '52/1 31/1 0/1', GPSLatitudeRef: 'N' } })
      .toBuffer();
    expect(photo.includes('Exif')).toBe(true);

    expect((await post(photo)).status).toBe(201);
    const [stored] = emulator.images.list();
    const bytes = await emulator.images.bytes(stored?.id ?? '');
    const { exif, orientation, width, height, icc } = await sharp(bytes).metadata();
    expect({ exif, orientation, width, height }).toEqual({ width: 40, height: 60 });
    expect(icc).toBeDefined();
  });

  it('is refused when it is none, or larger than the limit', async () => {
    expect((await post(textNamedPng.bytes)).body).toMatchObject({ code: 'UNSUPPORTED_IMAGE_TYPE' });
    expect((await post(Buffer.alloc(10 * 1024 * 1024 + 1))).body).toMatchObject({ code: 'LIMIT_FILE_SIZE' });
    expect(emulator.images.list()).toEqual([]);
  });
});
