import { Readable } from 'node:stream';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type UploadInput, type UploadSource } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { image, imageOfSize, textNamedPng } from '../support/images.ts';
import { TRANSPORTS } from '../support/transports.ts';

const png = await image('image/png');
const jpeg = await imageOfSize('image/jpeg', 600_000);

const SOURCES: Readonly<Record<string, (bytes: Buffer) => UploadSource>> = {
  'a Buffer': (bytes) => bytes,
  'an ArrayBuffer': (bytes) => new Uint8Array(bytes).buffer,
  'a Blob': (bytes) => new Blob([new Uint8Array(bytes)]),
  'a stream': (bytes) => Readable.from([bytes]),
  'a web stream': (bytes) => new Blob([new Uint8Array(bytes)]).stream(),
};

describe.each(TRANSPORTS)('the type that upload() declares, over $transport', ({ connect }) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire(connect(emulator));
  });
  afterEach(async () => {
    await imgwire.close();
    await emulator.close();
  });

  it.each([
    ['image/png', png],
    ['image/x-png', png],
    ['IMAGE/PNG', png],
    ['image/jpeg', jpeg],
    ['image/jpg', jpeg],
    ['image/jpeg; q=1', jpeg],
    ['application/octet-stream', jpeg],
    ['application/octet-stream; charset=binary', png],
    ['', jpeg],
    [undefined, jpeg],
  ])('may be %j', async (mimeType, bytes) => {
    const stored = await imgwire.upload({ file: bytes, mimeType });
    expect(stored.mime_type).toBe(bytes === png ? 'image/png' : 'image/jpeg');
    expect(emulator.images.list()).toHaveLength(1);
  });

  it.each(Object.entries(SOURCES))(
    'that differs from the bytes is refused with both, for %s',
    async (_name, make) => {
      for (const [mimeType, bytes, found] of [
        ['image/png', jpeg, 'image/jpeg'],
        ['image/jpg', png, 'image/png'],
        ['text/plain', png, 'image/png'],
        ['nonsense', png, 'image/png'],
      ] as const) {
        await expect(imgwire.upload({ file: make(bytes), mimeType })).rejects.toMatchObject({
          code: 'UNSUPPORTED_IMAGE_TYPE',
          message: `The file is declared as ${mimeType}, but its bytes are of the type ${found}.`,
        });
      }
      expect(emulator.requests).toEqual([]);
    },
  );

  it('is told of bytes that are no image', async () => {
    await expect(imgwire.upload({ file: textNamedPng.bytes, mimeType: 'image/png' })).rejects.toMatchObject({
      code: 'UNSUPPORTED_IMAGE_TYPE',
      message: expect.stringMatching(
        /^The file is declared as image\/png, but its bytes are of no accepted type \(/,
      ),
    });
    expect(emulator.requests).toEqual([]);
  });

  it('is compared for each of many, and the others are stored', async () => {
    const items: UploadInput[] = [
      { file: png, mimeType: 'image/png' },
      { file: png, mimeType: 'image/gif' },
    ];
    const outcomes: string[] = [];
    for await (const result of imgwire.uploadMany(items, { concurrency: 1 })) outcomes.push(result.status);
    expect(outcomes).toEqual(['fulfilled', 'rejected']);
    expect(emulator.images.list()).toHaveLength(1);
  });

  it.each([5, null, {}, ['image/png']])('is no %j', async (mimeType) => {
    const wrong = imgwire.upload({ file: png, mimeType: mimeType as unknown as string });
    await expect(wrong).rejects.toThrow(/^upload\(\): option "mimeType" must be a MIME type/);
    expect(emulator.requests).toEqual([]);
  });
});
