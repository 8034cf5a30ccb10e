import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire } from '@imgwire/express';
import { AnyImgwireFilesInterceptor, ImgwireModule, type RequestImgwire } from '@imgwire/nestjs';
import { Controller, Post, Req, UseInterceptors } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNest, listenNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { postForm } from '../support/client.ts';
import { makeImage } from '../support/images.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const png = await makeImage('image/png', { width: 20, height: 20 });
const file = { name: 'avatar', fileName: 'a.png', bytes: png };
const KEYS = ['fileSize', 'files', 'fields', 'fieldSize', 'fieldNameSize', 'parts', 'requestSize'];
const undefinedLimits = Object.fromEntries(KEYS.map((key) => [key, undefined]));
const field = { name: 'avatar', fileSize: undefined, accept: undefined, maxPixels: undefined };

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(() => emulator.close());

describe.each(TARGETS)('an option that is undefined, on $name', (target) => {
  let app: RunningTarget;
  afterEach(() => app.close());
  const post = async (rules: TargetOptions): Promise<object> => {
    app = await target.start({ ...overRest(emulator), ...rules });
    return (await postForm(`${app.url}/any`, [file])).json;
  };

  it('counts as absent among the limits', async () => {
    expect(await post({ limits: undefinedLimits })).toMatchObject({ images: [{}] });
  });

  it.each([
    [{ limits: { fileSize: 10 } }, 'LIMIT_FILE_SIZE'],
    [{ accept: ['image/jpeg'] }, 'UNSUPPORTED_IMAGE_TYPE'],
    [{ maxPixels: 100 }, 'TOO_MANY_PIXELS'],
  ])('leaves a field to the rules of its form: %j', async (rules, code) => {
    expect(await post({ ...rules, fields: [field] })).toMatchObject({ code });
  });
});

describe.each(NEST_PLATFORMS)('a limit of a route that is undefined, on %s', (_name, adapter) => {
  it('leaves the one of the module', async () => {
    @Controller()
    class UploadController {
      @Post()
      @UseInterceptors(AnyImgwireFilesInterceptor({ limits: { fileSize: undefined } }))
      upload(@Req() req: { imgwire: RequestImgwire }): number {
        return req.imgwire.files.length;
      }
    }
    const imports = [ImgwireModule.forRoot({ ...overRest(emulator), limits: { fileSize: 10 } })];
    const app = await createNest({ imports, controllers: [UploadController] }, adapter());
    const answer = await postForm(await listenNest(app), [file]);
    await app.close();
    expect(answer.json).toMatchObject({ code: 'LIMIT_FILE_SIZE' });
  });
});

it('imports under a key of the URL where the key is undefined', async () => {
  const imgwire = createImgwire(overRest(emulator));
  const url = 'https://images.example.com/a.png';
  emulator.faults.add({ route: 'upload_via_url', status: 402, times: 9 });
  for await (const _ of imgwire.uploadViaUrlMany([{ url }, { url, idempotencyKey: undefined }]));
  await imgwire.close();
  const [first, second] = emulator.requests.map(
    ({ body }) => (body as { idempotency_key: string }).idempotency_key,
  );
  expect(first).toMatch(/^url-/);
  expect(second).toBe(first);
});
