import { once } from 'node:events';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, imgwireUpload, imgwireUploadViaUrl } from '@imgwire/web';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { overRest } from '../support/upload-suite.ts';

const noImage = (): Request =>
  new Request('http://localhost/avatar', {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: new Uint8Array(encodeForm([{ name: 'avatar', fileName: 'a.png', bytes: Buffer.from('hello') }])),
  });

let emulator: Emulator;
let imgwire: Imgwire;
let warnings: Error[];
const onWarning = (warning: Error): void => void warnings.push(warning);
beforeEach(async () => {
  emulator = await startEmulator();
  imgwire = createImgwire(overRest(emulator));
  warnings = [];
  process.on('warning', onWarning);
});
afterEach(async () => {
  process.off('warning', onWarning);
  await imgwire.close();
  await emulator.close();
});

const receivers = (): ReadonlyArray<(request: Request) => Promise<unknown>> => [
  imgwireUpload({ imgwire }).single('avatar').receive,
  imgwireUploadViaUrl({ imgwire, allowedHosts: ['images.example.com'] }).receive,
];

describe('receive() that a handler does not await', () => {
  it.each([0, 1])('fails without the end of the process, and is told once: %s', async (at) => {
    const [first, second] = [receivers()[at], receivers()[at]];
    const warned = once(process, 'warning');
    first?.(noImage()).constructor;
    const [warning] = await warned;
    expect(warning).toMatchObject({
      code: 'IMGWIRE_NOT_AWAITED',
      message: 'receive(): its promise was not awaited, and has failed; write await in front of the call.',
    });
    // Each route has its own.
    const again = once(process, 'warning');
    first?.(noImage()).constructor;
    second?.(noImage()).constructor;
    await again;
    expect(warnings).toHaveLength(2);
  });

  it('fails for who awaits it, without a warning', async () => {
    for (const receive of receivers()) {
      await expect(receive(noImage())).rejects.toThrow();
      const later = (async () => receive(noImage()))();
      await expect(later).rejects.toThrow();
    }
    expect(warnings).toEqual([]);
  });
});
