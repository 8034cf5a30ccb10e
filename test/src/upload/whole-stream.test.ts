import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { createImgwire, type Imgwire } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';

const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

describe('a request that is a stream with headers', () => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let form: Buffer;
  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    form = encodeForm([{ name: 'a', fileName: 'a.png', bytes: await imageOfSize('image/png', 400_000) }]);
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    await imgwire.close();
    await emulator.close();
  });
  const request = (headers: object = {}): PassThrough =>
    Object.assign(new PassThrough(), { headers: { 'content-type': TYPE, ...headers } });
  const receive = (stream: PassThrough) => imgwire.receive(stream as unknown as IncomingMessage);

  it.each([
    ['of a known length', true],
    ['of an unknown length', false],
  ])('is received to its end, %s', async (_name, known) => {
    const stream = request(known ? { 'content-length': String(form.length) } : {});
    stream.end(form);
    // Its last step outlives the stream, which closes as soon as it was read.
    emulator.faults.add({ route: 'put', delayMs: 200 });
    const { files } = await receive(stream);
    expect(files).toHaveLength(1);
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('is aborted when it is destroyed before its end, and nothing is left', async () => {
    for (const error of [undefined, new Error('gone')]) {
      const stream = request();
      stream.write(form.subarray(0, 300_000));
      const received = receive(stream);
      setImmediate(() => stream.destroy(error));
      await expect(received).rejects.toMatchObject({ code: 'CLIENT_ABORTED' });
    }
    await emulator.waitFor(({ images }) => images.list().length === 0);
  });
});
