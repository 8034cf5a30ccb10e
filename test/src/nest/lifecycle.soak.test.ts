import { readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  AnyImgwireFilesInterceptor,
  createImgwireUploadTokenController,
  ImgwireModule,
} from '@imgwire/nestjs';
import { Controller, Post, UseInterceptors } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { encodeForm, openPost, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { namedTemporaryFiles, openTemporaryFiles } from '../support/leftovers.ts';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';

const LIVES = inject('soak') ? 200 : 10;

@Controller()
class UploadController {
  @Post('upload')
  @UseInterceptors(AnyImgwireFilesInterceptor())
  upload(): object {
    return { stored: true };
  }
}

/** The number of resources in use, by kind: file descriptors, sockets, servers, timers. */
function inUse(): Record<string, number> {
  const counts: Record<string, number> = { descriptors: readdirSync('/proc/self/fd').length };
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe.each(NEST_PLATFORMS)('starting and stopping Nest on %s', (_name, adapter) => {
  let emulator: Emulator;
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(() => emulator.close());

  const create = () =>
    createNest(
      {
        imports: [ImgwireModule.forRoot({ apiKey: emulator.apiKey, baseUrl: emulator.url })],
        controllers: [
          UploadController,
          createImgwireUploadTokenController({ path: 'token', authorize: () => true }),
        ],
      },
      adapter(),
    );
  /** One lifecycle: start, an upload that is spooled to a temporary file, a rejected one, a token, stop. */
  const live = async (bytes: Buffer): Promise<void> => {
    const app = await create();
    const url = await listenNest(app);
    const large = [{ name: 'a', fileName: 'a.jpg', bytes }];
    const refused = [{ name: 'a', fileName: 'a.jpg', bytes: Buffer.from('no image') }];
    const statuses = [
      (await postForm(`${url}/upload`, large, { chunked: true })).status,
      (await postForm(`${url}/upload`, refused)).status,
      (await postForm(`${url}/token`, [])).status,
    ];
    expect(statuses).toEqual([201, 415, 200]);
    await app.close();
  };

  it(`leaves no socket, timer or temporary file after ${LIVES} times`, async () => {
    const bytes = await imageOfSize('image/jpeg', 300_000);
    // The first cycles open handles that the process keeps, such as worker threads.
    for (let i = 0; i < 3; i++) await live(bytes);
    await emulator.waitFor((e) => e.connections() === 0);
    const before = inUse();
    for (let i = 0; i < LIVES; i++) await live(bytes);
    await emulator.waitFor((e) => e.connections() === 0);
    // Not expect.poll(), which has its own timers.
    for (let tries = 0; tries < 1000 && !isDeepStrictEqual(inUse(), before); tries++) await setTimeout(10);
    expect(inUse()).toEqual(before);
    expect(openTemporaryFiles()).toEqual([]);
    expect(namedTemporaryFiles()).toEqual([]);
  });

  it('answers an upload that is in flight before the connection to the service is closed', async () => {
    const app = await create();
    const url = await listenNest(app);
    const form = encodeForm([
      { name: 'a', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', 400_000) },
    ]);
    const post = openPost(`${url}/upload`, form.length, { headers: { connection: 'close' } });
    await post.write(form.subarray(0, 350_000));
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    const closed = app.close();
    await post.write(form.subarray(350_000));
    post.end();
    expect(await post.answer).toMatchObject({ status: 201 });
    await closed;
    expect(emulator.images.list()).toHaveLength(1);
    await emulator.waitFor((e) => e.connections() === 0);
  });
});
