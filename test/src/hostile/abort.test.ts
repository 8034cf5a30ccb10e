import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { namedTemporaryFiles, openTemporaryFiles } from '../support/leftovers.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;

describe.each(TARGETS)('a client that leaves, seen through $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  beforeEach(async () => {
    rejections.length = 0;
    process.on('unhandledRejection', onRejection);
    emulator = await startEmulator();
    app = await target.start(overRest(emulator));
  });
  afterEach(async () => {
    await app.close();
    await emulator.waitFor((e) => e.connections() === 0, { description: 'no socket to the service is open' });
    await emulator.close();
    process.off('unhandledRejection', onRejection);
    expect(rejections).toEqual([]);
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
    expect(namedTemporaryFiles()).toEqual([]);
  });

  const body = async (): Promise<Buffer> =>
    encodeForm([{ name: 'avatar', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', 4 * MIB) }]);

  it('in the middle of the file: the PUT is cancelled and the record deleted', async () => {
    const form = await body();
    const post = openPost(`${app.url}/single`, form.length);
    await post.write(form.subarray(0, 2 * MIB));
    const put = await emulator.waitFor(({ requests }) =>
      requests.find(({ route, bytesReceived }) => route === 'put' && bytesReceived > MIB),
    );
    post.request.destroy();
    await emulator.waitFor(() => put.state === 'aborted');
    await emulator.waitFor(
      ({ images, requests }) =>
        requests.some(({ route, status }) => route === 'delete' && status === 200) &&
        images.list().length === 0,
    );
    await expect.poll(() => app.errors).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
  });

  it('while the record is created: the record is deleted', async () => {
    emulator.faults.add({ route: 'create', delayMs: 300 });
    const form = await body();
    const post = openPost(`${app.url}/single`, form.length);
    post.request.write(form);
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'create'));
    post.request.destroy();
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, status }) => route === 'delete' && status === 200),
    );
    expect(emulator.images.list()).toEqual([]);
  });

  it('while the last answer of the service is awaited: the image is removed', async () => {
    emulator.faults.add({ route: 'put', hang: true });
    const form = await body();
    const post = openPost(`${app.url}/single`, form.length);
    post.request.end(form);
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived === 4 * MIB),
    );
    post.request.destroy();
    await emulator.waitFor(
      ({ images, requests }) =>
        requests.some(({ route, status }) => route === 'delete' && status === 200) &&
        images.list().length === 0,
    );
  });

  it('without a word: a stalled client is answered 408', async () => {
    await app.close();
    app = await target.start({ ...overRest(emulator), stallTimeoutMs: 200 });
    const form = await body();
    const post = openPost(`${app.url}/single`, form.length);
    await post.write(form.subarray(0, MIB));
    // A refused body is drained for a while; the client that says no more is then answered.
    expect((await post.answer).json).toMatchObject({ status: 408, code: 'CLIENT_STALLED' });
    expect(emulator.images.list()).toEqual([]);
  });
});
