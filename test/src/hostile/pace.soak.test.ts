import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

describe.each(sample(TARGETS))('a client that is slow, seen through $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
  });

  it('is answered 408 when it trickles, though it never stalls', async () => {
    app = await target.start({ ...overRest(emulator), stallTimeoutMs: 600, minBytesPerSecond: 10_000 });
    const form = encodeForm([
      { name: 'avatar', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', 1_000_000) },
    ]);
    const post = openPost(`${app.url}/single`, form.length);
    await post.write(form.subarray(0, 400_000));
    let at = 400_000;
    const trickle = setInterval(() => post.request.write(form.subarray(at, ++at)), 20);
    const { json } = await post.answer.finally(() => clearInterval(trickle));
    expect(json).toMatchObject({ status: 408, code: 'CLIENT_TOO_SLOW' });
    await emulator.waitFor(({ images }) => images.list().length === 0);
    post.request.destroy();
  });

  // Whom the clock runs for is core's to say.
  if (target.name !== 'core') return;

  it('is not the one that Imgwire holds up', async () => {
    app = await target.start({ ...overRest(emulator), stallTimeoutMs: 500, minBytesPerSecond: 5_000_000 });
    // Sockets buffer some MiB; for the rest the service takes seconds, which the client could send in a moment.
    const bytes = await imageOfSize('image/jpeg', 20 * 1024 * 1024);
    emulator.faults.add({ route: 'put', readBytesPerSecond: 4 * 1024 * 1024 });
    const form = encodeForm([{ name: 'avatar', fileName: 'a.jpg', bytes }]);
    const post = openPost(`${app.url}/single`, form.length);
    post.request.end(form);
    const answer = await post.answer;
    expect(answer.status, answer.text).toBe(200);
  });
});
