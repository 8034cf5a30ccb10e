import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { tokenEndpoint } from '@imgwire/core/adapter';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, IMGWIRE_EVENTS, type Imgwire, type ImgwireEventName } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize, textNamedPng } from '../support/images.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { TRANSPORTS } from '../support/transports.ts';
import { overRest } from '../support/upload-suite.ts';

const file = async (size: number): Promise<Part> => ({
  name: 'avatar',
  fileName: 'a.jpg',
  bytes: await imageOfSize('image/jpeg', size),
});

interface Seen {
  readonly name: ImgwireEventName;
  readonly message: Record<string, unknown>;
  /** The request in whose async context it was published. */
  readonly context: unknown;
}

describe.each(TARGETS)('the events of $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  let seen: Seen[];
  const requests = new AsyncLocalStorage<number>();
  const listeners = IMGWIRE_EVENTS.map((name) => {
    const listener = (message: unknown): void =>
      void seen.push({ name, message: message as Seen['message'], context: requests.getStore() });
    return [name, listener] as const;
  });
  const start = async (options: TargetOptions = {}): Promise<void> => {
    app = await target.start({ ...overRest(emulator), ...options });
    // As a tracer does: each request has a context of its own.
    const emit = app.server.emit.bind(app.server);
    let count = 0;
    app.server.emit = (event: string, ...values: unknown[]) =>
      event === 'request' ? requests.run(++count, () => emit(event, ...values)) : emit(event, ...values);
  };
  beforeEach(async () => {
    seen = [];
    for (const [name, listener] of listeners) subscribe(name, listener);
    emulator = await startEmulator();
  });
  afterEach(async () => {
    for (const [name, listener] of listeners) unsubscribe(name, listener);
    await app.close();
    await emulator.close();
  });
  const names = (): string[] => seen.map(({ name }) => name.replace('imgwire:', ''));
  const message = (name: ImgwireEventName): Record<string, unknown> =>
    seen.find((event) => event.name === name)?.message ?? {};

  it('tell of both legs, with sizes and durations', async () => {
    await start();
    const parts = [{ name: 'title', value: 'x' }, await file(600_000)];
    const answer = await postForm(`${app.url}/single`, parts);
    const imageId = answer.json.images[0].id;
    expect(new Set(names())).toEqual(
      new Set([
        'request:started',
        'request:received',
        'upload:started',
        'upload:created',
        'upload:put',
        'upload:stored',
      ]),
    );
    expect(seen).toHaveLength(6);
    expect(seen[0]).toMatchObject({ message: { contentLength: encodeForm(parts).length } });
    const about = { field: 'avatar', fileName: 'a.jpg', mimetype: 'image/jpeg' };
    expect(message('imgwire:request:received')).toMatchObject({
      bytes: encodeForm(parts).length,
      files: 1,
      fields: 1,
    });
    expect(message('imgwire:upload:started')).toMatchObject({
      ...about,
      length: 600_000,
      lengthSource: 'computed',
      queuedMs: expect.any(Number),
    });
    expect(message('imgwire:upload:created')).toMatchObject({ imageId });
    expect(message('imgwire:upload:put')).toMatchObject({ imageId, bytes: 600_000 });
    expect(message('imgwire:upload:stored')).toMatchObject({
      ...about,
      imageId,
      size: 600_000,
      lengthSource: 'computed',
      ...{ records: 1, puts: 1, bytesSent: 600_000 },
    });
    for (const event of seen.slice(1))
      expect(event.message['durationMs'], event.name).toBeGreaterThanOrEqual(0);
  });

  it('tell of a repeated call, and of a length that was not as computed', async () => {
    await start();
    emulator.faults.add({ route: 'create', status: 503 });
    const answer = await postForm(`${app.url}/single`, [await file(600_000), { name: 'after', value: 'x' }]);
    expect(answer.status).toBe(200);
    expect(message('imgwire:upload:retried')).toMatchObject({
      attempt: 1,
      error: { code: 'UPSTREAM_UNAVAILABLE', upstreamStatus: 503 },
      waitMs: expect.any(Number),
    });
    expect(message('imgwire:upload:started')['lengthSource']).toBe('computed');
    expect(message('imgwire:upload:rolled-back')).toMatchObject({ imageId: expect.any(String) });
    const stored = message('imgwire:upload:stored');
    expect(stored).toMatchObject({ lengthSource: 'replay', records: 2, puts: 2 });
    expect(stored['bytesSent']).toBeGreaterThan(600_000);
    // Only the first is a call that failed: a form whose fields follow its file is sent again without one.
    expect(names().filter((name) => name === 'upload:retried')).toHaveLength(1);
  });

  it('tell of each PUT, also of one whose second try fails', async () => {
    await start();
    await postForm(`${app.url}/single`, [await file(20_000)]);
    seen.length = emulator.requests.length = 0;
    emulator.faults.add({ route: 'put', resetAfterBytes: 0, times: 2 });
    expect(await postForm(`${app.url}/single`, [await file(20_000)])).toMatchObject({ status: 200 });
    expect(emulator.requests.filter(({ route }) => route === 'put')).toHaveLength(3);
    expect(message('imgwire:upload:stored')).toMatchObject({ records: 1, puts: 3, bytesSent: 60_000 });
  });

  it('tell why a form failed, and what was undone for it', async () => {
    await start();
    const answer = await postForm(`${app.url}/any`, [
      await file(5000),
      { ...textNamedPng, fileName: 'b.png' },
    ]);
    expect(answer.status).toBe(415);
    expect(message('imgwire:request:failed')).toMatchObject({ error: { code: 'UNSUPPORTED_IMAGE_TYPE' } });
    const failed = seen.filter(({ name }) => name === 'imgwire:upload:failed');
    expect(failed.map((event) => event.message['fileName'])).toContain('b.png');
    const created = seen
      .filter(({ name }) => name === 'imgwire:upload:created')
      .map((event) => event.message['imageId']);
    const undone = seen
      .filter(({ name }) => name === 'imgwire:upload:rolled-back')
      .map((event) => event.message['imageId']);
    expect(undone).toEqual(created);
  });

  it('tell of a request that was refused before its first byte', async () => {
    await start();
    await postForm(`${app.url}/single`, [await file(5000)], { headers: { 'content-encoding': 'gzip' } });
    expect(names()).toEqual(['request:started', 'request:failed']);
    expect(message('imgwire:request:failed')).toMatchObject({
      error: { code: 'UNSUPPORTED_CONTENT_ENCODING' },
      bytes: 0,
    });
  });

  it('come in the async context of their request, and so does metadata', async () => {
    const contexts: unknown[] = [];
    await start({
      metadata: () => {
        contexts.push(requests.getStore());
        return undefined;
      },
    });
    // The file begins in a later chunk than the first, whose event still hangs on the request's own.
    const form = encodeForm([{ name: 'text', value: 'x'.repeat(100_000) }, await file(600_000)]);
    const posts = [1, 2].map(() => openPost(`${app.url}/single`, form.length));
    for (let at = 0; at < form.length; at += 60_000) {
      for (const post of posts) await post.write(form.subarray(at, at + 60_000));
    }
    for (const post of posts) {
      post.end();
      expect((await post.answer).status).toBe(200);
    }
    expect(contexts).toHaveLength(2);
    expect(new Set(contexts)).toEqual(new Set([1, 2]));
    for (const name of ['request:received', 'upload:created', 'upload:put', 'upload:stored']) {
      const of = seen.filter((event) => event.name === `imgwire:${name}`).map(({ context }) => context);
      expect(of, name).toHaveLength(2);
      expect(new Set(of), name).toEqual(new Set([1, 2]));
    }
  });

  it('hold no key and no presigned URL', async () => {
    await start();
    emulator.faults.add({ route: 'put', status: 403, times: 9 });
    await postForm(`${app.url}/single`, [await file(5000)]);
    await postForm(`${app.url}/single`, [await file(600_000)]);
    const text = inspect(seen, { depth: 20, showHidden: true });
    expect(seen.length).toBeGreaterThan(8);
    expect(text).not.toContain(emulator.apiKey);
    expect(text).not.toMatch(/signature|https?:\/\//i);
  });
});

/** Every message of the channels whose names begin so, while `work` runs. */
async function heard(
  prefix: string,
  work: () => Promise<unknown>,
): Promise<[name: string, message: object][]> {
  const seen: [string, object][] = [];
  const listeners = IMGWIRE_EVENTS.filter((name) => name.startsWith(prefix)).map((name) => {
    const listener = (message: unknown): void => void seen.push([name, message as object]);
    subscribe(name, listener);
    return () => unsubscribe(name, listener);
  });
  await work();
  for (const stop of listeners) stop();
  return seen;
}

describe.each(TRANSPORTS)('the events without a form, over $transport', ({ connect }) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire(connect(emulator));
  });
  afterEach(async () => {
    await imgwire.close();
    await emulator.close();
  });
  const durationMs = expect.any(Number);

  it('tell of imports, stored and failed', async () => {
    const seen = await heard('imgwire:import:', async () => {
      await imgwire.uploadViaUrl({ url: `${emulator.url}/_emulator/icon.svg` }).catch(() => undefined);
      await imgwire.uploadViaUrl({ url: 'http://imgwire.invalid/a.png' }).catch(() => undefined);
    });
    expect(seen.at(-1)).toEqual(['imgwire:import:failed', { error: expect.any(Error), durationMs }]);
    expect(seen).toHaveLength(2);
  });

  it('tell of deletes, of one and of many', async () => {
    const images = [1, 2, 3].map(async () => imgwire.upload({ file: await imageOfSize('image/jpeg', 5000) }));
    const [first = '', ...others] = (await Promise.all(images)).map(({ id }) => id);
    const seen = await heard('imgwire:image:', async () => {
      await imgwire.delete(first);
      await imgwire.bulkDelete(others);
    });
    expect(seen).toEqual([
      ['imgwire:image:deleted', { imageIds: [first], durationMs }],
      ['imgwire:image:deleted', { imageIds: others, durationMs }],
    ]);
  });

  it('tell of tokens, issued and not', async () => {
    const answers = [true, false].map((allowed) => tokenEndpoint({ imgwire, authorize: () => allowed }));
    const seen = await heard('imgwire:token:', async () => {
      for (const answer of answers) await answer({ method: 'POST', headers: {} });
    });
    expect(seen).toEqual([
      ['imgwire:token:issued', { id: expect.any(String), durationMs }],
      ['imgwire:token:failed', { error: expect.objectContaining({ code: 'FORBIDDEN' }), durationMs }],
    ]);
    expect(JSON.stringify(seen)).not.toMatch(/"token"|sk_/);
  });
});

it('tell of requests of core that never had a form', async () => {
  const seen: object[] = [];
  const listener = (message: unknown): void => void seen.push(message as object);
  subscribe('imgwire:request:failed', listener);
  const imgwire = createImgwire({ apiKey: 'sk_test', baseUrl: 'http://127.0.0.1:9' });
  const read = Object.assign(Readable.from([]), {
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  });
  for await (const _ of read);
  const json = Object.assign(Readable.from([]), { headers: { 'content-type': 'application/json' } });
  await expect(imgwire.receive(json)).rejects.toMatchObject({ code: 'NOT_MULTIPART' });
  await expect(imgwire.receive(read)).rejects.toMatchObject({ code: 'BODY_ALREADY_READ' });
  await imgwire.close();
  await expect(imgwire.receive(json)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  unsubscribe('imgwire:request:failed', listener);
  expect(seen).toMatchObject(
    ['NOT_MULTIPART', 'BODY_ALREADY_READ', 'SHUTTING_DOWN'].map((code) => ({ error: { code }, bytes: 0 })),
  );
});
