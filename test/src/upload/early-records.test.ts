import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { type Emulator, type EmulatorRequest, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, encodeForm, type OpenPost, openPost, type Part, postBody } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { throughTransports } from '../support/transports.ts';
import { sha256 } from '../support/upload-suite.ts';

/** Within the read-ahead. */
const bytes = await imageOfSize('image/jpeg', 240_000);
const avatar: Part = { name: 'avatar', fileName: 'a.jpg', bytes };
const FORM = encodeForm([avatar]);
const PIECE = 20_000;

/** A form that its client sends piece by piece, each when the server has read the one before. */
interface Arriving {
  readonly post: OpenPost;
  /** How much of it is sent, in bytes. */
  sent: number;
  /** Sends the rest. */
  finish(): Promise<Answer>;
}

describe.each(throughTransports(TARGETS))('a small file on $name, over $transport', ({ target, connect }) => {
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
  /** A route that has seen so many forms of one file. */
  const start = async (options: TargetOptions = {}, forms = 4): Promise<void> => {
    app = await target.start({ ...connect(emulator), ...options });
    for (let form = 0; form < forms; form += 1) await postBody(`${app.url}/any`, FORM);
    await emulator.reset();
  };
  const creates = (): readonly EmulatorRequest[] =>
    emulator.requests.filter(({ route }) => route === 'create');
  /** Sends a form until `isEnough`, or but for its last piece, by default at 2 MB/s or a little less. */
  const send = async (body: Buffer, isEnough: () => boolean, pauseMs = 10): Promise<Arriving> => {
    const post = openPost(`${app.url}/any`, body.length);
    post.request.on('error', () => undefined);
    post.request.flushHeaders();
    const [socket] = (await once(app.server, 'connection')) as [Socket];
    const arriving: Arriving = {
      ...{ post, sent: 0 },
      finish: () => {
        post.request.end(body.subarray(arriving.sent));
        return post.answer;
      },
    };
    while (arriving.sent < body.length - PIECE && !isEnough()) {
      post.request.write(body.subarray(arriving.sent, arriving.sent + PIECE));
      arriving.sent += PIECE;
      while (socket.bytesRead < arriving.sent) await setImmediate();
      await sleep(pauseMs);
    }
    return arriving;
  };
  const untilCreated = (body = FORM): Promise<Arriving> => send(body, () => creates().length > 0);

  it('has its record before its end where four files in a row had the length that was computed', async () => {
    await start();
    const form = await untilCreated();
    expect(creates()).toHaveLength(1);
    const { status, json } = await form.finish();
    expect([status, json.files[0].lengthSource]).toEqual([200, 'computed']);
    expect(emulator.images.sha256(json.images[0].id)).toBe(sha256(bytes));
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put']);
  });

  it('leaves nothing when its client leaves behind its record', async () => {
    await start();
    const { post } = await untilCreated();
    post.request.destroy();
    await emulator.waitFor(
      ({ requests, images }) =>
        requests.some(({ route }) => route === 'delete') && images.list().length === 0,
    );
  });

  // What follows is core's to decide.
  if (!inFull(target)) return;

  it.each<[string, TargetOptions, number]>([
    ['that has seen three forms', {}, 3],
    ['that wants a hash', { hashAlgorithm: 'sha256' }, 6],
    ['without replay copies', { replay: false }, 6],
    ['whose images have keys', { metadata: () => ({ idempotencyKey: randomUUID() }) }, 6],
    ['without memory for copies', { maxReplayBytes: 0 }, 6],
  ])('has none before its end on a route %s', async (_name, options, forms) => {
    await start(options, forms);
    const form = await untilCreated();
    expect(creates()).toEqual([]);
    const { json } = await form.finish();
    expect(json.files[0].lengthSource).toBe('read-ahead');
  });

  it('has none before its end while all slots for files that arrive are taken', async () => {
    await start({ maxConcurrentUploads: 2 });
    const large = encodeForm([{ ...avatar, bytes: await imageOfSize('image/jpeg', 700_000) } as Part]);
    const other = await untilCreated(large);
    const form = await send(FORM, () => creates().length > 1);
    expect(creates()).toHaveLength(1);
    const { json } = await form.finish();
    expect(json.files[0].lengthSource).toBe('read-ahead');
    expect((await other.finish()).json.files[0].lengthSource).toBe('computed');
  });

  it('keeps its record where another form with its key leaves in the middle', async () => {
    let idempotencyKey = randomUUID();
    const metadata = (): { idempotencyKey: string } => ({ idempotencyKey });
    await start({ metadata, maxAttempts: 1 });
    idempotencyKey = randomUUID();
    const isEnough = (): boolean => creates().length > 0;
    const [left, form] = [await send(FORM, isEnough), await send(FORM, () => creates().length > 1)];
    left.post.request.destroy();
    await expect.poll(() => app.errors.length).toBe(1);
    const { status, json } = await form.finish();
    expect([status, emulator.images.sha256(json.images[0].id)]).toEqual([200, sha256(bytes)]);
  });

  it('takes no slot from the file of a slow client, since it can do without', async () => {
    await start({ maxConcurrentUploads: 2 });
    const large = encodeForm([{ ...avatar, bytes: await imageOfSize('image/jpeg', 700_000) } as Part]);
    const slow = await send(large, () => emulator.requests.some(({ route }) => route === 'put'));
    // So long it sends nothing.
    await sleep(1_100);
    const form = await send(FORM, () => creates().length > 1);
    expect((await form.finish()).json.files[0].lengthSource).toBe('read-ahead');
    expect((await slow.finish()).json.files[0].lengthSource).toBe('computed');
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put', 'create', 'put']);
  });

  it('is read on while its record is created', async () => {
    await start();
    const fault = emulator.faults.add({ route: 'create', stallAfterBytes: 0 });
    const received = new Promise<void>((resolve) => {
      const heard = (): void => {
        unsubscribe('imgwire:request:received', heard);
        resolve();
      };
      subscribe('imgwire:request:received', heard);
    });
    const form = await untilCreated();
    const answer = form.finish();
    await received;
    fault.remove();
    expect((await answer).status).toBe(200);
  });

  it('is sent again where a text follows that none had before', async () => {
    await start();
    const form = await untilCreated(encodeForm([avatar, { name: 'caption', value: 'late' }]));
    const { json } = await form.finish();
    expect(json.body).toEqual({ caption: 'late' });
    expect(emulator.images.sha256(json.images[0].id)).toBe(sha256(bytes));
    expect(emulator.images.list()).toHaveLength(1);
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put', 'delete', 'create', 'put']);
  });

  it('is sent again after a PUT that failed while it arrived', async () => {
    await start();
    emulator.faults.add({ route: 'put', resetAfterBytes: 10_000 });
    const form = await untilCreated();
    const { json } = await form.finish();
    expect(emulator.images.sha256(json.images[0].id)).toBe(sha256(bytes));
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('is received first where its client is slow', async () => {
    await start();
    // 200 KB/s: its record would wait for it.
    const form = await send(FORM, () => creates().length > 0, 100);
    expect(creates()).toEqual([]);
    expect((await form.finish()).json.files[0].lengthSource).toBe('read-ahead');
  });
});
