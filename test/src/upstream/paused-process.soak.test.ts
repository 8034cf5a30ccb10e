import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createImgwire } from '@imgwire/core';
import { type Emulator, type EmulatorRequest, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { sample } from '../support/sample.ts';
import { sdkShapedClient } from '../support/sdk-shape.ts';
import { TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(() => emulator.close());

/** The deadline of each test, and a pause that is longer, milliseconds. */
const DEADLINE_MS = 300;
const PAUSE_MS = 600;

const isReceiving = ({ route, bytesReceived }: EmulatorRequest): boolean =>
  route === 'put' && bytesReceived > 280_000;

/** Stops the whole thread, as a debugger, a garbage collection or the host of a container does. */
const pause = (): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);

describe.each(sample(TARGETS))('a process that was paused, seen through $name', (target) => {
  it('does not blame a client whose bytes have arrived meanwhile', async () => {
    const app = await target.start({ ...overRest(emulator), stallTimeoutMs: DEADLINE_MS });
    const bytes = await imageOfSize('image/jpeg', 400_000);
    const form = encodeForm([{ name: 'avatar', fileName: 'a.jpg', bytes }]);
    const post = openPost(`${app.url}/single`, form.length);
    await post.write(form.subarray(0, 350_000));
    // The middleware waits for its client, not for Imgwire.
    await emulator.waitFor(({ requests }) => requests.some(isReceiving));
    post.request.end(form.subarray(350_000));
    pause();
    const { status, text } = await post.answer;
    expect(status, text).toBe(200);
    await app.close();
  });
});

describe.each(['REST', 'the SDK (stand-in)'])('a process that was paused, over %s', (transport) => {
  it('does not miss a response that has arrived meanwhile', async () => {
    const own = createImgwire({ baseUrl: emulator.url, apiKey: emulator.apiKey });
    const image = await own.upload({ file: await imageOfSize('image/png', 2_000) });
    await own.close();
    const service = await serve(JSON.stringify(image));
    const imgwire = createImgwire({
      ...(transport === 'REST'
        ? { baseUrl: service.url, apiKey: emulator.apiKey }
        : { client: sdkShapedClient({ url: service.url, apiKey: emulator.apiKey }) }),
      requestTimeoutMs: DEADLINE_MS,
      maxAttempts: 1,
    });
    await imgwire.retrieve(image.id);
    const arrived = once(service.worker, 'message');
    const call = imgwire.retrieve(image.id);
    await arrived;
    pause();
    await expect(call).resolves.toMatchObject({ id: image.id });
    await imgwire.close();
    await service.worker.terminate();
  });
});

/** A service that goes on while this thread is paused. Its first response comes at once, so that a connection is open. */
async function serve(body: string): Promise<{ readonly url: string; readonly worker: Worker }> {
  const worker = new Worker(
    `const { createServer } = require('node:http');
    const { parentPort, workerData } = require('node:worker_threads');
    let delay = 0;
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'application/json');
      if (delay > 0) parentPort.postMessage('a request');
      setTimeout(() => response.end(workerData), delay);
      delay = ${DEADLINE_MS / 3};
    });
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: body },
  );
  const [port] = (await once(worker, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}`, worker };
}
