import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;
const file = async (size: number): Promise<Part> => ({
  name: 'avatar',
  fileName: 'a.jpg',
  bytes: await imageOfSize('image/jpeg', size),
});

describe.each(TARGETS)('the budget of a process, seen through $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });
  const start = async (options: TargetOptions): Promise<void> => {
    app = await target.start({ ...overRest(emulator), ...options });
  };
  const creates = (): number => emulator.requests.filter(({ route }) => route === 'create').length;
  const holdPuts = () =>
    emulator.faults.add({ route: 'put', stallAfterBytes: 0, times: Number.POSITIVE_INFINITY });

  it('is never exceeded, and all who wait are served', async () => {
    await start({ maxConcurrentUploads: 3 });
    emulator.faults.add({ route: 'put', delayMs: 30, times: Number.POSITIVE_INFINITY });
    let most = 0;
    const watch = emulator.waitFor(({ requests }) => {
      const open = requests.filter(({ route, state }) => route === 'put' && state === 'open').length;
      most = Math.max(most, open);
      return requests.filter(({ route, status }) => route === 'put' && status === 200).length === 20;
    });
    const part = await file(300_000);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => postForm(`${app.url}/single`, [part])),
    );
    await watch;
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(most).toBe(3);
  });

  it('serves several files of one form with a single place, in turn', async () => {
    await start({ maxConcurrentUploads: 1 });
    const part = await file(600_000);
    const forms = Array.from({ length: 4 }, () => postForm(`${app.url}/any`, [part, part, part]));
    expect((await Promise.all(forms)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(emulator.images.list()).toHaveLength(12);
  });

  it('lets a form of many small files wait, and none of them fill the queue', async () => {
    await start({ maxConcurrentUploads: 1, maxQueuedUploads: 40, limits: { files: 100, parts: 100 } });
    const part = await file(2000);
    const answer = await postForm(`${app.url}/any`, Array(100).fill(part));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.images).toHaveLength(100);
  });

  it('refuses who has waited too long, with Retry-After', async () => {
    await start({ maxConcurrentUploads: 1, queueTimeoutMs: 200 });
    const held = holdPuts();
    const part = await file(5000);
    const first = postForm(`${app.url}/single`, [part]);
    await emulator.waitFor(() => creates() === 1);
    const late = await postForm(`${app.url}/single`, [part]);
    expect(late.json).toMatchObject({ status: 503, code: 'TOO_MANY_UPLOADS', retryAfter: 1 });
    expect(late.headers['retry-after']).toBe('1');
    held.remove();
    expect((await first).status).toBe(200);
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('refuses at once when the queue is full', async () => {
    await start({ maxConcurrentUploads: 1, maxQueuedUploads: 1 });
    const held = holdPuts();
    const part = await file(5000);
    const outcomes: Answer[] = [];
    const posts = Array.from({ length: 3 }, async () => {
      const answer = await postForm(`${app.url}/single`, [part]);
      outcomes.push(answer);
    });
    await expect.poll(() => outcomes.map(({ json }) => json.code)).toEqual(['TOO_MANY_UPLOADS']);
    held.remove();
    await Promise.all(posts);
    expect(outcomes.map(({ status }) => status)).toEqual([503, 200, 200]);
  });

  it('gives the place of a client that leaves the queue, or its upload, to the next', async () => {
    let asked = 0;
    await start({ maxConcurrentUploads: 1, authorize: () => ++asked > 0 });
    const held = holdPuts();
    // Small enough to be read while it waits: of a client that is held up, TCP does not tell that it has left.
    const part = await file(5000);
    const form = encodeForm([part]);
    const begin = (): ReturnType<typeof openPost> => {
      const post = openPost(`${app.url}/single`, form.length);
      post.request.write(form.subarray(0, -1));
      return post;
    };
    const uploading = begin();
    await emulator.waitFor(() => creates() === 1);
    const queued = begin();
    await expect.poll(() => asked).toBe(2);
    const last = postForm(`${app.url}/single`, [part]);
    queued.request.destroy();
    await expect.poll(() => app.errors).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
    uploading.request.destroy();
    held.remove();
    expect((await last).status).toBe(200);
    await emulator.waitFor(({ images }) => images.list().length === 1);
    expect(creates()).toBe(2);
  });

  it('counts memory: a read-ahead as large as all there is has it alone', async () => {
    await start({ maxBufferedBytes: MIB, readAheadBytes: 4 * MIB });
    emulator.faults.add({ route: 'put', delayMs: 30, times: Number.POSITIVE_INFINITY });
    let most = 0;
    const watch = emulator.waitFor(({ requests }) => {
      const open = requests.filter(({ route, state }) => route === 'put' && state === 'open').length;
      most = Math.max(most, open);
      return requests.filter(({ route, status }) => route === 'put' && status === 200).length === 5;
    });
    const part = await file(2 * MIB);
    const answers = await Promise.all(Array.from({ length: 5 }, () => postForm(`${app.url}/single`, [part])));
    await watch;
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect(most).toBe(1);
  });
});

it('holds for what the backend uploads itself, too', async () => {
  const emulator = await startEmulator();
  const imgwire = createImgwire({ ...overRest(emulator), maxConcurrentUploads: 1, queueTimeoutMs: 50 });
  const held = emulator.faults.add({ route: 'put', stallAfterBytes: 0 });
  const bytes = await imageOfSize('image/jpeg', 5000);
  const first = imgwire.upload({ file: bytes });
  await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
  await expect(imgwire.upload({ file: bytes })).rejects.toMatchObject({ code: 'TOO_MANY_UPLOADS' });
  held.remove();
  await first;
  await imgwire.close();
  await emulator.close();
});
