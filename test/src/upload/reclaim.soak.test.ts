import { Readable } from 'node:stream';
import { type Emulator, type EmulatorOptions, startEmulator } from '@imgwire/emulator';
import { createImgwire } from '@imgwire/express';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, encodeForm, type OpenPost, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles, temporaryBytes } from '../support/leftovers.ts';
import { inFull, sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const KIB = 1024;

const file = async (size: number): Promise<Part & { readonly bytes: Uint8Array }> => ({
  name: 'avatar',
  fileName: 'a.jpg',
  bytes: await imageOfSize('image/jpeg', size),
});

describe.each(sample(TARGETS))('places for transfers, seen through $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  afterEach(async () => {
    await app.close();
    await emulator.close();
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
  });
  const start = async (options: TargetOptions, ofEmulator: EmulatorOptions = {}): Promise<void> => {
    emulator = await startEmulator(ofEmulator);
    app = await target.start({ ...overRest(emulator), ...options });
  };
  const statuses = (route: string): (number | undefined)[] =>
    emulator.requests.filter((request) => request.route === route).map(({ status }) => status);
  const puts = (): number => emulator.requests.filter(({ route }) => route === 'put').length;
  /** Clients that have become slow, whose files are on their way to Imgwire. */
  const openSlow = async (form: Buffer, count: number): Promise<OpenPost[]> => {
    const posts = Array.from({ length: count }, () => openPost(`${app.url}/single`, form.length));
    for (const post of posts) await post.write(form.subarray(0, 600_000));
    await emulator.waitFor(({ requests }) => {
      const begun = requests.filter(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0);
      return begun.length === count;
    });
    return posts;
  };
  const expectStored = (answer: Answer, part: Part): void => {
    expect(answer.status, answer.text).toBe(200);
    const bytes = 'bytes' in part ? part.bytes : Buffer.of();
    expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
  };

  it('are given on when the record of the slow client is gone: no more are pending than there are places', async () => {
    await start({ maxConcurrentUploads: 5 }, { maximumPendingUploads: 5 });
    const [small, large] = [await file(5000), await file(900_000)];
    const form = encodeForm([large]);
    const slow = await openSlow(form, 2);
    const held = emulator.faults.add({ route: 'put', stallAfterBytes: 0, times: 3 });
    emulator.faults.add({ route: 'delete', delayMs: 500 });
    const here = Array.from({ length: 3 }, () => postForm(`${app.url}/single`, [small]));
    await emulator.waitFor(() => puts() === 5);
    expectStored(await postForm(`${app.url}/single`, [small]), small);
    // One file asked for a place, so one was taken.
    expect(statuses('delete')).toEqual([200]);
    held.remove();
    for (const answer of await Promise.all(here)) expectStored(answer, small);
    for (const { request } of slow) request.end(form.subarray(600_000));
    const sources: string[] = [];
    for (const { answer } of slow) {
      expectStored(await answer, large);
      sources.push((await answer).json.files[0].lengthSource);
    }
    expect(new Set(sources)).toEqual(new Set(['computed', 'replay']));
    expect(statuses('create')).not.toContain(403);
  });

  // What follows is core's to decide.
  if (!inFull(target)) return;

  it('are not held by files that are stored, and wait to be READY', async () => {
    await start({ maxConcurrentUploads: 1, waitUntilReady: true }, { readyDelayMs: 1500 });
    const part = await file(5000);
    const answers = Promise.all([1, 2, 3].map(() => postForm(`${app.url}/single`, [part])));
    const seen = await emulator.waitFor(
      ({ images }) => statuses('put').filter((status) => status === 200).length === 3 && images.list(),
    );
    expect(seen.map(({ status }) => status)).not.toContain('READY');
    for (const answer of await answers) expectStored(answer, part);
  });

  it('are waited for on disk where memory is used up, also by files that came with their headers', async () => {
    await start({ maxConcurrentUploads: 1, maxBufferedBytes: 64 * KIB });
    const part = await file(20_000);
    const held = emulator.faults.add({ route: 'put', stallAfterBytes: 0 });
    const first = postForm(`${app.url}/single`, [part]);
    await emulator.waitFor(() => puts() === 1);
    const others = [1, 2, 3].map(() => postForm(`${app.url}/single`, [part]));
    await expect.poll(() => openTemporaryFiles()).toHaveLength(3);
    held.remove();
    for (const answer of await Promise.all([first, ...others])) expectStored(answer, part);
  });

  it('are taken by a file of known length that finds no more room on disk, which is then sent while it arrives', async () => {
    await start({ maxBufferedBytes: 64 * KIB, maxConcurrentUploads: 1, limits: { fileSize: 300_000 } });
    const [unknown, known] = [await file(280_000), await file(250_000)];
    const [first, second] = [encodeForm([unknown]), encodeForm([known])];
    const chunked = openPost(`${app.url}/single`, first.length, { chunked: true });
    await chunked.write(first.subarray(0, 40_000));
    await expect.poll(temporaryBytes).toBeGreaterThan(16_000);
    const post = openPost(`${app.url}/single`, second.length);
    await post.write(second.subarray(0, 150_000));
    await expect.poll(temporaryBytes).toBeGreaterThan(160_000);
    await chunked.write(first.subarray(40_000, 130_000));
    await expect.poll(temporaryBytes).toBeGreaterThan(250_000);
    expect(puts()).toBe(0);
    post.request.end(second.subarray(150_000));
    expectStored(await post.answer, known);
    expect((await post.answer).json.files[0].lengthSource).toBe('computed');
    chunked.request.end(first.subarray(130_000));
    expectStored(await chunked.answer, unknown);
  });
});

it('stores nothing of a stream that ends before its declared length, also when its PUT has failed before', async () => {
  const emulator = await startEmulator();
  const imgwire = createImgwire({ ...overRest(emulator) });
  emulator.faults.add({ route: 'put', respondAfterBytes: 0, status: 503 });
  const { bytes } = await file(900_000);
  const failed = () =>
    emulator.waitFor(({ requests }) =>
      requests.some(({ route, status }) => route === 'put' && status === 503),
    );
  const stream = Readable.from(
    (async function* () {
      yield bytes.subarray(0, 500_000);
      await failed();
      yield bytes.subarray(500_000, 800_000);
    })(),
  );
  await expect(imgwire.upload({ file: stream, contentLength: bytes.length })).rejects.toMatchObject({
    code: 'LENGTH_MISMATCH',
  });
  expect(emulator.images.list()).toEqual([]);
  expect(imgwire.usage()).toMatchObject({ active: 0, bufferedBytes: 0, replayBytes: 0, diskBytes: 0 });
  await imgwire.close();
  await emulator.close();
});
