import { type Emulator, startEmulator } from '@imgwire/emulator';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeImage, textNamedPng } from '../support/images.ts';
import { createApp } from './keep-the-others.ts';

const wide = await makeImage('image/png', { width: 800, height: 10 });
const narrow = await makeImage('image/png', { width: 799, height: 10 });

describe('a form with a file that is rejected', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterEach(() => emulator.reset());
  afterAll(() => emulator.close());
  const post = (required: boolean): request.Test =>
    request(createApp({ apiKey: emulator.apiKey, baseUrl: emulator.url, required })).post('/photos');

  it('has its other files stored, and says which one is wrong', async () => {
    const { status, body } = await post(false)
      .attach('photos', narrow, 'narrow.png')
      .attach('photos', wide, 'wide.png')
      .attach('photos', textNamedPng.bytes, 'notes.png');
    expect(status).toBe(201);
    expect(body).toMatchObject({
      stored: [{ id: expect.any(String), name: 'wide.png' }],
      rejected: [
        { code: 'IMAGE_TOO_SMALL', field: 'photos', fileName: 'narrow.png', detail: expect.any(String) },
        { code: 'UNSUPPORTED_IMAGE_TYPE', field: 'photos', fileName: 'notes.png' },
      ],
    });
    expect(emulator.images.list()).toMatchObject([{ original_filename: 'wide.png' }]);
  });

  it.each([
    [false, 201, { stored: [], rejected: [{ code: 'IMAGE_TOO_SMALL' }] }],
    [true, 422, { code: 'IMAGE_TOO_SMALL', fileName: 'narrow.png' }],
  ])('has no other file: where one is required (%s) that is %i', async (required, status, body) => {
    expect(await post(required).attach('photos', narrow, 'narrow.png')).toMatchObject({ status, body });
    expect(emulator.requests).toEqual([]);
  });
});
