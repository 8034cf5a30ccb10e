import { Readable } from 'node:stream';
import { createImgwire, type Imgwire } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireUpload } from '@imgwire/web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { overRest } from '../support/upload-suite.ts';

// Whoever owns the bytes may give up on them: SvelteKit above BODY_SIZE_LIMIT, graphql-upload above maxFileSize.

const tooLarge = Object.assign(new Error('Content-length of 600000 exceeds limit of 524288 bytes.'), {
  status: 413,
});
const httpError = Object.assign(new Error('File truncated as it exceeds the size limit.'), {
  statusCode: 413,
});
const broken = new Error('The disk is gone');
const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };

let emulator: Emulator;
let imgwire: Imgwire;
let start: Buffer;
beforeAll(async () => {
  emulator = await startEmulator();
  imgwire = createImgwire(overRest(emulator));
  const bytes = await imageOfSize('image/jpeg', 600_000);
  start = encodeForm([{ name: 'avatar', fileName: 'a.jpg', bytes }]).subarray(0, 400_000);
});
afterAll(async () => {
  expect(emulator.images.list()).toEqual([]);
  await imgwire.close();
  await emulator.close();
});

/** Bytes, and then an error. */
const failing = (bytes: Uint8Array, error: Error): Readable =>
  Readable.from(
    (async function* () {
      yield bytes;
      throw error;
    })(),
  );

const SOURCES: Readonly<Record<string, (error: Error) => Promise<unknown>>> = {
  'a request': (error) => imgwire.receive(Object.assign(failing(start, error), { headers })),
  'a web request': (error) => {
    const body = Readable.toWeb(failing(start, error)) as ReadableStream<Uint8Array>;
    const request = new Request('http://a/', {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    } as RequestInit);
    return imgwireUpload({ imgwire }).receive(request);
  },
};

describe.each(Object.entries(SOURCES))('the owner of %s', (_name, receive) => {
  it.each([tooLarge, httpError])('answers with its own 4xx: $message', async (error) => {
    await emulator.reset();
    await expect(receive(error)).rejects.toBe(error);
  });

  it('is the cause of any other end', async () => {
    await emulator.reset();
    await expect(receive(broken)).rejects.toMatchObject({ code: 'CLIENT_ABORTED', cause: broken });
  });
});

describe('the owner of a stream that is uploaded', () => {
  const upload = async (error: Error): Promise<unknown> => {
    const jpeg = start.subarray(start.indexOf(Buffer.from([0xff, 0xd8])));
    const source = async function* () {
      yield jpeg;
      throw error;
    };
    return imgwire.upload({ file: Readable.from(source()) });
  };

  it.each([tooLarge, httpError])('answers with its own 4xx: $message', async (error) => {
    await expect(upload(error)).rejects.toBe(error);
  });

  it('is the cause of any other end', async () => {
    await expect(upload(broken)).rejects.toMatchObject({ code: 'SOURCE_FAILED', cause: broken });
  });
});
