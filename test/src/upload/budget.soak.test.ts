import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles, temporaryBytes } from '../support/leftovers.ts';
import { inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

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
    const uploads = inFull(target) ? 20 : 10;
    await start({ maxConcurrentUploads: 3 });
    emulator.faults.add({ route: 'put', delayMs: 100, times: Number.POSITIVE_INFINITY });
    let most = 0;
    const watch = emulator.waitFor(({ requests }) => {
      const open = requests.filter(({ route, state }) => route === 'put' && state === 'open').length;
      most = Math.max(most, open);
      return requests.filter(({ route, status }) => route === 'put' && status === 200).length === uploads;
    });
    const part = await file(300_000);
    const answers = await Promise.all(
      Array.from({ length: uploads }, () => postForm(`${app.url}/single`, [part])),
    );
    await watch;
    expect(answers.map(({ status }) => status)).toEqual(Array(uploads).fill(200));
    expect(most).toBe(3);
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

  // What follows is core's to decide.
  if (!inFull(target)) return;

  it('serves several files of one form with a single place, in turn', async () => {
    await start({ maxConcurrentUploads: 1 });
    const part = await file(600_000);
    const forms = Array.from({ length: 4 }, () => postForm(`${app.url}/any`, [part, part, part]));
    expect((await Promise.all(forms)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(emulator.images.list()).toHaveLength(12);
  });

  it('lets the files of a form wait for each other, so that another form is served in between', async () => {
    await start({ maxConcurrentUploads: 1, limits: { files: 100, parts: 100 } });
    const waiting: object[] = [];
    const onWaiting = (message: unknown): void => void waiting.push(Object(message));
    subscribe('imgwire:upload:waiting', onWaiting);
    const held = holdPuts();
    const part = await file(2000);
    const many = postForm(`${app.url}/any`, Array(100).fill(part));
    await expect.poll(() => waiting).toMatchObject([{ fileName: 'a.jpg' }, { fileName: 'a.jpg' }]);
    const other = postForm(`${app.url}/any`, [{ ...part, fileName: 'other.jpg' }]);
    await expect.poll(() => waiting.at(-1)).toMatchObject({ fileName: 'other.jpg' });
    unsubscribe('imgwire:upload:waiting', onWaiting);
    held.remove();
    for (const { status, text } of [await many, await other]) expect(status, text).toBe(200);
    const names = emulator.images.list().map(({ original_filename: name }) => name);
    expect(names).toHaveLength(101);
    // Behind the one that is sent, and the two that wait.
    expect(names.indexOf('other.jpg')).toBe(3);
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

  it('holds no place for a client that is slow to send', async () => {
    await start({ maxConcurrentUploads: 2 });
    const [small, large] = [encodeForm([await file(5000)]), encodeForm([await file(900_000)])];
    const slow = [small, small, small, large, large, large].map((form) => {
      const post = openPost(`${app.url}/single`, form.length);
      // Of the large ones more than the read-ahead: one is sent while it arrives, the others are received first.
      post.request.write(form.subarray(0, form.length / 2));
      return { post, form };
    });
    await emulator.waitFor(() => creates() === 1);
    const fast = await postForm(`${app.url}/single`, [await file(900_000)]);
    expect(fast.json.files[0].lengthSource).toBe('spool');
    expect((await postForm(`${app.url}/single`, [await file(5000)])).status).toBe(200);
    for (const { post, form } of slow) {
      post.request.end(form.subarray(form.length / 2));
      expect((await post.answer).status).toBe(200);
    }
    expect(emulator.images.list()).toHaveLength(8);
  });

  it('takes the place of a client that has become slow, and stores its file later', async () => {
    await start({ maxConcurrentUploads: 1 });
    const form = encodeForm([await file(900_000)]);
    const slow = openPost(`${app.url}/single`, form.length);
    await slow.write(form.subarray(0, 600_000));
    const isOpen = await emulator.waitFor(({ requests }) =>
      requests.find(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
    );
    expect(isOpen.state).toBe('open');
    const fast = await postForm(`${app.url}/single`, [await file(5000)]);
    expect(fast.status, fast.text).toBe(200);
    // Its record would be pending for as long as the client likes.
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, status }) => route === 'delete' && status === 200),
    );
    expect(emulator.images.list()).toHaveLength(1);
    slow.request.end(form.subarray(600_000));
    expect((await slow.answer).json.files[0].lengthSource).toBe('replay');
    expect(emulator.images.list()).toHaveLength(2);
  });

  it('leaves its place to a client that waits for the store itself', async () => {
    await start({ maxConcurrentUploads: 1, queueTimeoutMs: 3000 });
    const held = emulator.faults.add({ route: 'put', stallAfterBytes: 300_000 });
    const first = postForm(`${app.url}/single`, [await file(20_000_000)]);
    await emulator.waitFor(() => creates() === 1);
    const late = await postForm(`${app.url}/single`, [await file(5000)]);
    expect(late.json).toMatchObject({ status: 503, code: 'TOO_MANY_UPLOADS' });
    held.remove();
    expect((await first).json.files[0].lengthSource).toBe('computed');
    expect(creates()).toBe(1);
  });

  it('counts memory: what does not fit is received first, on disk', async () => {
    await start({ maxBufferedBytes: 256 * 1024 });
    const form = encodeForm([await file(200_000)]);
    const post = openPost(`${app.url}/single`, form.length);
    await post.write(form.subarray(0, 190_000));
    await expect.poll(() => openTemporaryFiles()).toHaveLength(1);
    expect(creates()).toBe(0);
    post.request.end(form.subarray(190_000));
    expect((await post.answer).json.files[0].lengthSource).toBe('spool');
  });

  it('counts memory: without a copy what does not fit is sent while it arrives', async () => {
    await start({ maxBufferedBytes: 256 * 1024, replay: false });
    const form = encodeForm([await file(200_000)]);
    const post = openPost(`${app.url}/single`, form.length);
    await post.write(form.subarray(0, 190_000));
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    post.request.end(form.subarray(190_000));
    expect((await post.answer).json.files[0].lengthSource).toBe('computed');
    const unknown = await postForm(`${app.url}/single`, [await file(200_000)], { chunked: true });
    expect(unknown.json.code).toBe('TOO_MANY_UPLOADS');
  });

  it('counts disk: as much as the concurrent uploads may be large', async () => {
    await start({ maxBufferedBytes: 64 * 1024, maxConcurrentUploads: 1, limits: { fileSize: 300_000 } });
    const form = encodeForm([await file(280_000)]);
    const slow = openPost(`${app.url}/single`, form.length, { chunked: true });
    await slow.write(form.subarray(0, 200_000));
    await expect.poll(temporaryBytes).toBeGreaterThan(150_000);
    const late = await file(250_000);
    const unknown = await postForm(`${app.url}/single`, [late], { chunked: true });
    expect(unknown.json).toMatchObject({ status: 503, code: 'TOO_MANY_UPLOADS' });
    // One of known length needs no disk.
    expect((await postForm(`${app.url}/single`, [late])).status).toBe(200);
    slow.request.end(form.subarray(200_000));
    expect((await slow.answer).status).toBe(200);
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
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
