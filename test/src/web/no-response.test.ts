import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, imgwireUpload, imgwireUploadViaUrl } from '@imgwire/web';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { overRest } from '../support/upload-suite.ts';

const png = await image('image/png');
const form = encodeForm([{ name: 'avatar', fileName: 'a.png', bytes: png }]);
const upload = (): Request =>
  new Request('http://localhost/avatar', {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: new Uint8Array(form),
  });
const link = (): Request =>
  new Request('http://localhost/import', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: 'https://images.example.com/a.png' }),
  });

let emulator: Emulator;
let imgwire: Imgwire;
beforeEach(async () => {
  emulator = await startEmulator();
  imgwire = createImgwire(overRest(emulator));
});
afterEach(async () => {
  await imgwire.close();
  await emulator.close();
});

describe('a handler that returns no Response', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a plain object', { id: 1 }],
    ['a text', 'stored'],
    ['null', null],
  ])('is a TypeError that says what to write, and leaves no image: %s', async (_what, given) => {
    const allowedHosts = ['images.example.com'];
    const handle = (() => given) as () => Response;
    const routes = [
      () => imgwireUpload({ imgwire }).single('avatar').handler(handle)(upload()),
      () => imgwireUpload({ imgwire, discardOnError: true }).single('avatar').handler(handle)(upload()),
      async () => {
        const stored = await imgwire.upload({ file: png, fileName: 'a.png' });
        emulator.faults.add({ route: 'upload_via_url', status: 200, body: { ...stored } });
        return imgwireUploadViaUrl({ imgwire, allowedHosts }).handler(handle)(link());
      },
    ];
    for (const route of routes) {
      const before = emulator.requests.filter(({ route: called }) => called === 'delete').length;
      await expect(route()).rejects.toThrow(
        new TypeError('handler(): the function must return a Response: write return Response.json(…).'),
      );
      expect(emulator.requests.filter(({ route: called }) => called === 'delete')).toHaveLength(before + 1);
    }
    expect(emulator.images.list()).toEqual([]);
  });

  it('may return the Response of another realm or package', async () => {
    const other = Object.freeze({ status: 201, headers: new Map(), body: null });
    const route = imgwireUpload({ imgwire })
      .single('avatar')
      .handler(() => other as unknown as Response);
    expect(await route(upload())).toBe(other);
    expect(emulator.images.list()).toHaveLength(1);
  });
});
