import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import { ImgwireService } from '@imgwire/nestjs';
import { createImgwire as createWebImgwire } from '@imgwire/web';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageOfSize } from '../support/images.ts';
import { TRANSPORTS } from '../support/transports.ts';

const KB = 1000;
const NOTHING = { active: 0, waiting: 0, oldestWaitMs: 0, bufferedBytes: 0, replayBytes: 0, diskBytes: 0 };

type Uses = Pick<Imgwire, 'usage'>;
const FACES: Readonly<Record<string, (imgwire: Imgwire) => Uses>> = {
  Imgwire: (imgwire) => imgwire,
  ImgwireService: (imgwire) => new ImgwireService(imgwire),
};

describe.each(TRANSPORTS)('usage(), over $transport', ({ connect }) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ ...connect(emulator), maxConcurrentUploads: 2, maxReplayBytes: 4000 * KB });
  });
  afterEach(async () => {
    await imgwire.close();
    await emulator.close();
  });
  /** A stream whose length is not known to anybody. */
  const stream = async (size: number) => new Response(await imageOfSize('image/png', size)).body as never;

  it.each(Object.entries(FACES))(
    'of %s counts transfers, waits and bytes, and ends at nothing',
    async (_face, of) => {
      const face = of(imgwire);
      expect(face.usage()).toEqual(NOTHING);
      const held = emulator.faults.add({ route: 'put', stallAfterBytes: 0, times: null });
      const waiting: unknown[] = [];
      const onWait = (event: unknown): void => void waiting.push(event);
      subscribe('imgwire:upload:waiting', onWait);
      const small = await imageOfSize('image/png', 20 * KB);
      // It is sent while it arrives, with a copy in memory.
      const streaming = imgwire.upload({ file: await stream(900 * KB), contentLength: 900 * KB });
      await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
      const uploads = [
        streaming,
        imgwire.upload({ file: small, fileName: 'first.png' }),
        imgwire.upload({ file: small, fileName: 'second.png' }),
        // In the temporary folder, since its length is unknown.
        imgwire.upload({ file: await stream(3000 * KB) }),
      ];
      await expect.poll(() => face.usage()).toMatchObject({ active: 2, waiting: 2, diskBytes: 3000 * KB });
      const { oldestWaitMs, replayBytes } = face.usage();
      expect(replayBytes).toBe(900 * KB);
      await expect.poll(() => face.usage().oldestWaitMs).toBeGreaterThan(oldestWaitMs);
      unsubscribe('imgwire:upload:waiting', onWait);
      expect(waiting).toHaveLength(2);
      held.remove();
      await Promise.all(uploads);
      expect(face.usage()).toEqual(NOTHING);
    },
  );

  it('counts what has arrived and waits for more', async () => {
    let give: (chunk: Uint8Array | undefined) => void = () => undefined;
    const bytes = await imageOfSize('image/png', 100 * KB);
    const file = new ReadableStream<Uint8Array>({
      start: (controller) => {
        give = (chunk) => (chunk ? controller.enqueue(chunk) : controller.close());
      },
    });
    const upload = imgwire.upload({ file: file as never });
    give(bytes.subarray(0, 60 * KB));
    await expect.poll(() => imgwire.usage().bufferedBytes).toBeGreaterThanOrEqual(60 * KB);
    expect(imgwire.usage()).toMatchObject({ active: 0, waiting: 0 });
    give(bytes.subarray(60 * KB));
    give(undefined);
    await upload;
    expect(imgwire.usage()).toEqual(NOTHING);
  });
});

it('usage() of @imgwire/web is there before the first request', () => {
  expect(createWebImgwire({ apiKey: 'sk_test_1' }).usage()).toEqual(NOTHING);
});
