import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Readable } from 'node:stream';
import { type Emulator, type EmulatorOptions, type EmulatorRequest, startEmulator } from '@imgwire/emulator';
import { createImgwire, IMGWIRE_EVENTS, type Imgwire, type ImgwireOptions } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Answer, encodeForm, type OpenPost, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { TRANSPORTS } from '../support/transports.ts';
import { sha256 } from '../support/upload-suite.ts';

const NOTHING = { active: 0, waiting: 0, oldestWaitMs: 0, bufferedBytes: 0, replayBytes: 0, diskBytes: 0 };
const bytes = await imageOfSize('image/jpeg', 900_000);
const large: Part = { name: 'avatar', fileName: 'large.jpg', bytes };
const small: Part = { name: 'avatar', fileName: 'small.jpg', bytes: await imageOfSize('image/jpeg', 5000) };
const form = encodeForm([large]);
/** What a slow client has sent when it pauses. */
const SENT = 600_000;

interface Seen {
  readonly name: string;
  readonly imageId: string | undefined;
  /** The request in whose async context it was published. */
  readonly context: unknown;
}

describe.each(TRANSPORTS)('a file that loses its transfer, over $transport', ({ transport, connect }) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let app: RunningTarget;
  let seen: Seen[];
  const requests = new AsyncLocalStorage<number>();
  const listeners = IMGWIRE_EVENTS.map((name) => {
    const listener = (message: unknown): void => {
      const { imageId } = message as { imageId?: string };
      seen.push({ name: name.replace('imgwire:upload:', ''), imageId, context: requests.getStore() });
    };
    return [name, listener] as const;
  });
  beforeEach(() => {
    seen = [];
    for (const [name, listener] of listeners) subscribe(name, listener);
  });
  afterEach(async () => {
    for (const [name, listener] of listeners) unsubscribe(name, listener);
    await app.close();
    await emulator.close();
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
  });

  const start = async (
    options: ImgwireOptions,
    rules: TargetOptions = {},
    ofEmulator: EmulatorOptions = {},
  ): Promise<void> => {
    emulator = await startEmulator(ofEmulator);
    imgwire = createImgwire({ logger: {}, ...connect(emulator), ...options } as ImgwireOptions);
    app = (await TARGETS[0]?.start({ imgwire, ...rules } as TargetOptions)) as RunningTarget;
    const emit = app.server.emit.bind(app.server);
    let count = 0;
    app.server.emit = (event: string, ...values: unknown[]) =>
      event === 'request' ? requests.run(++count, () => emit(event, ...values)) : emit(event, ...values);
  };
  const of = (route: EmulatorRequest['route']): EmulatorRequest[] =>
    emulator.requests.filter((request) => request.route === route);
  const openSlow = async (): Promise<OpenPost> => {
    const before = of('put').length;
    const post = openPost(`${app.url}/single`, form.length);
    await post.write(form.subarray(0, SENT));
    await emulator.waitFor(() => of('put').filter((put) => put.bytesReceived > 0).length > before);
    return post;
  };
  /** Takes all transfers of files that are here, until it is ended. */
  const hold = async (count: number): Promise<() => Promise<void>> => {
    const before = of('put').length;
    const held = emulator.faults.add({ route: 'put', stallAfterBytes: 0, times: count });
    const posts = Array.from({ length: count }, () => postForm(`${app.url}/single`, [small]));
    await emulator.waitFor(() => of('put').length === before + count);
    return async () => {
      held.remove();
      for (const answer of await Promise.all(posts)) expectStored(answer, small);
    };
  };
  const expectStored = (answer: Answer, part: Part): void => {
    expect(answer.status, answer.text).toBe(200);
    expect(emulator.images.sha256(answer.json.images[0].id)).toBe(
      sha256('bytes' in part ? part.bytes : Buffer.of()),
    );
  };
  const finish = async ({ request, answer }: OpenPost): Promise<void> => {
    request.end(form.subarray(SENT));
    expectStored(await answer, large);
  };
  const eventsOf = (context: number): string[] =>
    seen.filter((event) => event.context === context).map(({ name }) => name);

  it('has a record, its end and another record, each announced, and no failed call', async () => {
    const told: string[] = [];
    const beforeCreate: ImgwireOptions['beforeCreate'] = async ({ idempotencyKey: key }) => {
      const context = requests.getStore();
      const tell = (what: string): void => void (context === 1 && told.push(`${what} ${key}`));
      tell('intent');
      return { onCreated: () => tell('created'), onSettled: () => tell('settled') };
    };
    await start(
      { maxConcurrentUploads: 2, beforeCreate },
      { hashAlgorithm: 'sha256', waitUntilReady: true },
      { readyDelayMs: 20 },
    );
    const slow = await openSlow();
    const end = await hold(1);
    expectStored(await postForm(`${app.url}/single`, [small]), small);
    await end();
    await finish(slow);
    const { json } = await slow.answer;
    expect(json.files[0]).toMatchObject({ sha256: sha256(bytes), lengthSource: 'replay' });
    expect(json.images[0]).toMatchObject({ status: 'READY', hash_sha256: sha256(bytes) });
    expect(eventsOf(1)).toEqual([
      'imgwire:request:started',
      'started',
      'created',
      'rolled-back',
      'imgwire:request:received',
      'created',
      'put',
      'stored',
    ]);
    const keys = [...new Set(told.map((line) => line.split(' ')[1]))];
    expect(keys).toHaveLength(2);
    expect(told).toEqual(keys.flatMap((key) => [`intent ${key}`, `created ${key}`, `settled ${key}`]));
    expect(imgwire.usage()).toEqual(NOTHING);
  });

  // Who loses a transfer, and what becomes of the file, is all the same over another transport.
  if (!inject('soak') && transport !== 'REST') return;

  it('has its events in the context of its own request, also when it had failed before', async () => {
    await start({ maxConcurrentUploads: 2 });
    emulator.faults.add({ route: 'put', respondAfterBytes: 0, status: 503 });
    const slow = openPost(`${app.url}/single`, form.length);
    await slow.write(form.subarray(0, SENT));
    await emulator.waitFor(() => of('put').some(({ status }) => status === 503));
    const end = await hold(1);
    expectStored(await postForm(`${app.url}/single`, [small]), small);
    await end();
    await finish(slow);
    expect(seen.filter(({ name }) => name === 'rolled-back').map(({ context }) => context)).toEqual([1]);
  });

  it('is stored all the same where there is no room for the rest of all of them', async () => {
    await start({ maxConcurrentUploads: 4, maxReplayBytes: 0 }, { limits: { fileSize: 1_000_000 } });
    const slow = [await openSlow(), await openSlow()];
    await expect.poll(() => imgwire.usage().diskBytes).toBeGreaterThan(2 * (SENT - 5000));
    const chunked = [1, 2, 3].map(() => openPost(`${app.url}/single`, form.length, { chunked: true }));
    for (const post of chunked) await post.write(form.subarray(0, 820_000));
    await expect.poll(() => imgwire.usage().diskBytes).toBeGreaterThan(3_600_000);
    const end = await hold(2);
    const waiting = [1, 2].map(() => postForm(`${app.url}/single`, [small]));
    await emulator.waitFor(() => of('delete').length > 0);
    for (const answer of await Promise.all(waiting)) expectStored(answer, small);
    await end();
    for (const post of slow) post.request.end(form.subarray(SENT));
    for (const { answer } of slow) expectStored(await answer, large);
    for (const post of chunked) post.request.destroy();
    await expect.poll(() => imgwire.usage()).toEqual(NOTHING);
  });

  it('is stored where its room was taken while its client paused', async () => {
    await start({ maxConcurrentUploads: 4, maxReplayBytes: 0 }, { limits: { fileSize: 1_000_000 } });
    const slow = await openSlow();
    const end = await hold(3);
    const waiting = postForm(`${app.url}/single`, [small]);
    await emulator.waitFor(() => of('delete').length > 0);
    await end();
    expectStored(await waiting, small);
    const chunked = [1, 2, 3, 4].map(() => openPost(`${app.url}/single`, form.length, { chunked: true }));
    for (const post of chunked) await post.write(form.subarray(0, 848_000));
    await expect.poll(() => imgwire.usage().diskBytes).toBeGreaterThan(3_980_000);
    await finish(slow);
    for (const post of chunked) post.request.destroy();
    await expect.poll(() => imgwire.usage()).toEqual(NOTHING);
  });

  it('is sent without its copy where there is no room for that, as one of a fast client is', async () => {
    await start({ maxConcurrentUploads: 2, maxReplayBytes: 0 }, { limits: { fileSize: 1_000_000 } });
    const chunked = [1, 2].map(() => openPost(`${app.url}/single`, form.length, { chunked: true }));
    for (const post of chunked) await post.write(form.subarray(0, 820_000));
    await expect.poll(() => imgwire.usage().diskBytes).toBeGreaterThan(1_600_000);
    expectStored(await postForm(`${app.url}/single`, [large]), large);
    for (const { request } of chunked) request.end(form.subarray(820_000));
    for (const { answer } of chunked) expectStored(await answer, large);
  });

  it('leaves nothing when all is closed while its record is deleted', async () => {
    await start({ maxConcurrentUploads: 2 });
    const slow = await openSlow();
    slow.request.on('error', () => undefined);
    await hold(1);
    emulator.faults.add({ route: 'delete', delayMs: 300 });
    postForm(`${app.url}/single`, [small]).catch(() => undefined);
    await emulator.waitFor(() => of('delete').length > 0);
    const closing = imgwire.close({ timeoutMs: 50 });
    emulator.faults.clear();
    await closing;
    await expect.poll(() => imgwire.usage()).toEqual(NOTHING);
    expect(emulator.images.list().filter(({ status }) => status === 'PENDING')).toEqual([]);
  });

  it('is stored from a stream of the backend, and is no failure where its end is wrong', async () => {
    await start({ maxConcurrentUploads: 2 });
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const stream = (): Readable =>
      Readable.from(
        (async function* () {
          yield bytes.subarray(0, SENT);
          await ended;
          yield bytes.subarray(SENT);
        })(),
      );
    const upload = imgwire.upload({ file: stream(), contentLength: bytes.length, hashAlgorithm: 'sha256' });
    await emulator.waitFor(() => of('put').some((put) => put.bytesReceived > 0));
    const release = await hold(1);
    expectStored(await postForm(`${app.url}/single`, [small]), small);
    await release();
    end();
    const { id, sha256: sum } = (await upload) as { id: string; sha256?: string };
    expect([sum, emulator.images.sha256(id)]).toEqual([sha256(bytes), sha256(bytes)]);
    expect(of('delete')).toHaveLength(1);
    await expect.poll(() => imgwire.usage()).toEqual(NOTHING);
  });
});
