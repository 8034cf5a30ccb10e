import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { type BodyRules, createImgwire, type Imgwire } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireUpload } from '@imgwire/web';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { openPost, postBody } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { listen } from '../support/listen.ts';

const png = await image('image/png');
const AS_PNG = { headers: { 'content-type': 'image/png' } };

let emulator: Emulator;
let imgwire: Imgwire;
beforeEach(async () => {
  emulator = await startEmulator();
  imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
});
afterEach(async () => {
  await imgwire.close();
  expect(emulator.images.list()).toEqual([]);
  await emulator.close();
});

/** A server whose responses are sent as soon as its upload tells that a file is stored. */
const start = async (rules: BodyRules<unknown> = {}) => {
  const receive = imgwire.bodyReceiver(rules);
  const outcomes: unknown[] = [];
  const server = createServer((req, res) => {
    const respond = (): void => void res.end('early');
    subscribe('imgwire:upload:stored', respond);
    const note = (outcome: unknown): void => void outcomes.push(outcome);
    void receive(req, res)
      .then(note, note)
      .finally(() => unsubscribe('imgwire:upload:stored', respond));
  });
  onTestFinished(() => void server.close());
  return { url: await listen(server), outcomes };
};

it('an image is deleted if its response was sent as it was stored', async () => {
  const { url, outcomes } = await start();
  expect((await postBody(url, png, AS_PNG)).text).toBe('early');
  await expect.poll(() => outcomes).toMatchObject([{ code: 'RESPONSE_ENDED' }]);
  expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put', 'delete']);
});

it('a client that leaves ends the wait for authorize', async () => {
  let asked = false;
  const { url, outcomes } = await start({
    authorize: () => {
      asked = true;
      return new Promise(() => undefined);
    },
  });
  const post = openPost(url, png.length, AS_PNG);
  post.request.flushHeaders();
  await expect.poll(() => asked).toBe(true);
  post.request.destroy();
  await expect.poll(() => outcomes).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
  expect(emulator.requests).toEqual([]);
});

it('a body of which more comes than its Content-Length is rejected', async () => {
  // Not joined with what follows, as smaller chunks are.
  const jpeg = await imageOfSize('image/jpeg', 2048);
  const body = new ReadableStream({
    start: (controller) => {
      for (const chunk of [jpeg, Buffer.from('more')]) controller.enqueue(chunk);
      controller.close();
    },
  });
  const headers = { 'content-type': 'image/png', 'content-length': String(jpeg.length) };
  const request = new Request('http://a', { method: 'PUT', body, headers, duplex: 'half' });
  await expect(imgwireUpload({ imgwire }).body().receive(request)).rejects.toMatchObject({
    code: 'LENGTH_MISMATCH',
  });
  expect(emulator.requests).toEqual([]);
});
