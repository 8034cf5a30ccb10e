import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startEmulator } from '@imgwire/emulator';
import { saveAvatar } from './save-avatar.cjs';

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let imgwire;
before(async () => {
  imgwire = await startEmulator();
});
afterEach(() => imgwire.reset());
after(() => imgwire.close());

const connection = () => ({ apiKey: imgwire.apiKey, baseUrl: imgwire.url });

test('an avatar is ready at Imgwire', async () => {
  const id = await saveAvatar(picture, connection());
  const image = await imgwire.waitUntilReady(id);
  assert.equal(image.original_filename, 'avatar.png');
  assert.deepEqual(await imgwire.images.bytes(id), picture);
  imgwire.assertNothingPending();
});

test('a rejected upload is an error', async () => {
  const fault = imgwire.faults.add({ route: 'put', status: 503 });
  await assert.rejects(saveAvatar(picture, connection()), /Imgwire responded with 503/);
  assert.equal(fault.hits, 1);
});
