import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';
import { statuses } from '../support/wire.ts';
import { cutHeaders, postInTwo } from './cut-headers.ts';

const png = await image('image/png');
const part = { name: 'b', fileName: 'b.png', bytes: png };
/** From one place where a form is cut in two to the next. */
const STEP = inject('soak') ? 1 : 13;

describe.each(sample(TARGETS))('a header that a delimiter cuts off, sent to $name', (target) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let app: RunningTarget;
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ ...overRest(emulator), maxConcurrentUploads: 1, queueTimeoutMs: 1000 });
    app = await target.start({ imgwire });
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });
  /** The one place is free, nothing is left of what was refused, and the connection ends. */
  const expectNothingHeld = async (): Promise<void> => {
    expect((await postForm(`${app.url}/any`, [part])).status).toBe(200);
    expect(emulator.images.list()).toHaveLength(1);
    await imgwire.close({ timeoutMs: 100 });
  };

  it.each(Object.entries(cutHeaders(png)))('refuses %s, wherever it is cut in two', async (_name, body) => {
    for (let cut = 0; cut < body.length - png.length; cut += STEP) {
      const answer = await postInTwo(app.url, body, cut);
      expect(statuses(answer), `cut at ${cut}`).toEqual([400]);
      expect(answer).toContain('MALFORMED_MULTIPART');
    }
    await expectNothingHeld();
  });
});
