import { startEmulator } from '@imgwire/emulator';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { saveAvatar } from './save-avatar.cjs';

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let imgwire;
beforeAll(async () => {
  imgwire = await startEmulator();
});
afterEach(() => imgwire.reset());
afterAll(() => imgwire.close());

const connection = () => ({ apiKey: imgwire.apiKey, baseUrl: imgwire.url });

test('an avatar is ready at Imgwire', async () => {
  const id = await saveAvatar(picture, connection());
  const image = await imgwire.waitUntilReady(id);
  expect(image).toMatchObject({ original_filename: 'avatar.png', width: 1, height: 1 });
  expect(await imgwire.images.bytes(id)).toEqual(picture);
  imgwire.assertNothingPending();
});

test('a rejected upload is an error', async () => {
  const fault = imgwire.faults.add({ route: 'put', status: 503 });
  await expect(saveAvatar(picture, connection())).rejects.toThrow('Imgwire responded with 503');
  expect(fault.hits).toBe(1);
});
