import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, imgwireStorage } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm, openPost, postForm } from '../support/client.ts';
import { imageOfSize, textNamedPng } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { casesFor, inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;

/** What the content type of a form says, and the boundary that it names. */
const BOUNDARIES: readonly [parameter: string, boundary: string][] = [
  ['boundary=abc;', 'abc'],
  ['boundary=a/b', 'a/b'],
  ['boundary=a=b', 'a=b'],
  ['boundary="a b:c"', 'a b:c'],
  ['charset=utf-8; BOUNDARY=abc', 'abc'],
];
const UNBOUNDED = ['multipart/form-data', 'multipart/form-data;', 'multipart/form-data; boundary='];

describe.each(TARGETS)('at the edges of $name', (target) => {
  /** Above the read-ahead: sent while it arrives. */
  const size = inFull(target) ? 3 * MIB : 1_200_000;
  let emulator: Emulator;
  let app: RunningTarget;
  const warnings: string[] = [];
  const onWarning = ({ name, message }: Error): void => void warnings.push(`${name}: ${message}`);
  const start = async (options: TargetOptions = {}): Promise<void> => {
    app = await target.start({ ...overRest(emulator), ...options });
  };
  beforeEach(async () => {
    warnings.length = 0;
    process.on('warning', onWarning);
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
  });
  const jpeg = async (size: number, name = 'avatar') => ({
    name,
    fileName: 'a.jpg',
    bytes: await imageOfSize('image/jpeg', size),
  });

  it.each(casesFor(target, BOUNDARIES))(
    'reads a form whose content type says %s',
    async (parameter, boundary) => {
      await start();
      const part = await jpeg(300_000);
      const headers = { 'content-type': `multipart/form-data; ${parameter}` };
      const answer = await postForm(`${app.url}/single`, [part], { boundary, headers });
      expect(answer.status, answer.text).toBe(200);
      expect(answer.json.files[0].lengthSource).toBe('computed');
      expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(part.bytes));
    },
  );

  it.each(casesFor(target, UNBOUNDED))('refuses a form without a boundary: %s', async (type) => {
    await start();
    const answer = await postForm(`${app.url}/single`, [await jpeg(5000)], {
      headers: { 'content-type': type },
    });
    expect(answer.json).toMatchObject({ status: 400, code: 'MALFORMED_MULTIPART' });
  });

  it.each([true, false])('answers the stored image when a key comes again (replay: %s)', async (replay) => {
    await start({ replay, metadata: () => ({ idempotencyKey: 'one' }) });
    const parts = [await jpeg(size)];
    const first = await postForm(`${app.url}/single`, parts);
    const second = await postForm(`${app.url}/single`, parts);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.json.images[0].id).toBe(first.json.images[0].id);
    expect(emulator.requests.filter(({ route }) => route === 'put')).toHaveLength(1);
  });

  it('keeps the image of a second try when the first one breaks off', async () => {
    await start({ metadata: () => ({ idempotencyKey: 'one' }) });
    const part = await jpeg(size);
    const body = encodeForm([part]);
    const first = openPost(`${app.url}/single`, body.length);
    await first.write(body.subarray(0, size / 3));
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
    );
    const second = await postForm(`${app.url}/single`, [part]);
    expect(second.status).toBe(200);
    first.request.destroy();
    await expect.poll(() => app.errors).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
    expect(emulator.images.sha256(second.json.images[0].id)).toBe(sha256(part.bytes));
  });

  it('leaves no record when the answer of create is lost and the client leaves', async () => {
    await start();
    emulator.faults.add({
      route: 'create',
      afterProcessing: true,
      status: 503,
      headers: { 'retry-after': '3' },
    });
    const body = encodeForm([await jpeg(5000)]);
    const post = openPost(`${app.url}/single`, body.length + 1000);
    // Another part would follow.
    await post.write(body.subarray(0, body.length - '--\r\n'.length));
    await post.write(Buffer.from('\r\n'));
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, state }) => route === 'create' && state === 'finished'),
    );
    post.request.destroy();
    await emulator.waitFor(
      ({ requests, images }) =>
        requests.some(({ route }) => route === 'delete') && images.list().length === 0,
    );
  });

  it('tells metadata a text in the charset that the client named', async () => {
    await start({ metadata: (_req, { fields }) => ({ purpose: String(fields['title']) }) });
    const body = Buffer.concat([
      Buffer.from(
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n` +
          'Content-Type: text/plain; charset=windows-1251\r\n\r\n',
      ),
      Buffer.from([0xcf, 0xf0, 0xe8]),
      Buffer.from('\r\n'),
      encodeForm([await jpeg(5000)]),
    ]);
    const post = openPost(`${app.url}/single`, body.length);
    post.request.end(body);
    expect((await post.answer).json).toMatchObject({ body: { title: 'При' }, images: [{ purpose: 'При' }] });
  });

  it('ends a request whose metadata never settles when a sibling fails, or the client leaves', async () => {
    let asked = 0;
    await start({
      metadata: () => {
        asked++;
        return new Promise(() => undefined);
      },
    });
    const answer = await postForm(`${app.url}/any`, [
      await jpeg(5000),
      { ...textNamedPng, fileName: 'b.png' },
    ]);
    expect(answer.json).toMatchObject({ status: 415 });
    const body = encodeForm([await jpeg(5000)]);
    const post = openPost(`${app.url}/single`, body.length + 100);
    post.request.write(body);
    await expect.poll(() => asked).toBe(2);
    post.request.destroy();
    await expect.poll(() => app.errors.length).toBe(2);
    expect(app.errors[1]).toMatchObject({ code: 'CLIENT_ABORTED' });
  });

  it('ends a request whose authorize never settles when the client leaves', async () => {
    let asked = (): void => undefined;
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    await start({
      authorize: () => {
        asked();
        return new Promise<boolean>(() => undefined);
      },
    });
    const post = openPost(`${app.url}/single`, 1000);
    post.request.flushHeaders();
    await wasAsked;
    post.request.destroy();
    await expect.poll(() => app.errors).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
  });

  // What follows is core's to decide.
  if (!inFull(target)) return;

  it('gets its answer to a client that pauses while a slow undo is under way', async () => {
    await start();
    emulator.faults.add({ route: 'delete', delayMs: 4000 });
    const good = await jpeg(5000, 'a');
    const body = encodeForm([good, { ...textNamedPng, fileName: 'b.png' }, await jpeg(MIB, 'c')]);
    const post = openPost(`${app.url}/any`, body.length);
    await post.write(body.subarray(0, 100_000));
    expect((await post.answer).json).toMatchObject({ status: 415 });
    expect(emulator.images.list()).toEqual([]);
  });

  it('takes ten files at once without a warning', async () => {
    await start();
    emulator.faults.add({ route: 'put', delayMs: 100, times: 10 });
    const parts = await Promise.all(Array.from({ length: 10 }, (_, i) => jpeg(5000, `f${i}`)));
    const answer = await postForm(`${app.url}/any`, parts);
    expect(answer.status).toBe(200);
  });

  it('is not broken by a logger that throws', async () => {
    const fail = (): never => {
      throw new Error('the logger');
    };
    await start({ logger: { warn: fail, error: fail } });
    emulator.faults.add({ route: 'put', status: 500 });
    expect((await postForm(`${app.url}/single`, [await jpeg(5000)])).status).toBe(200);
  });

  it('takes a key that ends in a newline', async () => {
    await start({ apiKey: `${emulator.apiKey}\n` });
    expect((await postForm(`${app.url}/single`, [await jpeg(5000)])).status).toBe(200);
  });

  it('answers a request on the same connection after one that failed', async () => {
    await start();
    const { Agent } = await import('undici');
    const agent = new Agent({ connections: 1 });
    const send = async (parts: Parameters<typeof encodeForm>[0]): Promise<number> => {
      const answer = await agent.request({
        origin: app.url,
        path: '/single',
        method: 'POST',
        headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
        body: encodeForm(parts),
      });
      await answer.body.dump();
      return answer.statusCode;
    };
    const bad = { ...textNamedPng, name: 'avatar', fileName: 'a.png', bytes: Buffer.alloc(2 * MIB) };
    const good = await jpeg(300_000);
    expect([await send([bad]), await send([good]), await send([bad]), await send([good])]).toEqual([
      415, 200, 415, 200,
    ]);
    await agent.close();
  });
});

// What is no form never reaches core's receiver in the bare target.
describe.each(TARGETS.filter(({ name }) => name !== 'core'))('where a file is required, $name', (target) => {
  it('refuses what is no form', async () => {
    const emulator = await startEmulator();
    const app = await target.start({ ...overRest(emulator), required: true });
    const response = await fetch(`${app.url}/single`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ code: 'NOT_MULTIPART' });
    await app.close();
    await emulator.close();
  });
});

describe('a run over many', () => {
  let emulator: Emulator;
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(() => emulator.close());
  const client = () => createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });

  it('yields an outcome for each item, and an item that is wrong fails alone', async () => {
    const imgwire = client();
    const file = await imageOfSize('image/jpeg', 2000);
    const items = [
      { file },
      null as never,
      { file: 'x' as never },
      { file, signal: AbortSignal.abort(new Error('not this')) },
      { file },
    ];
    const outcomes: string[] = [];
    for await (const { index, status } of imgwire.uploadMany(items, { concurrency: 2 }))
      outcomes[index] = status;
    expect(outcomes).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled']);
    expect(emulator.images.list()).toHaveLength(2);
    await imgwire.close();
  });

  it('never has more in work than it was told, and takes items only as there is room', async () => {
    const imgwire = client();
    const file = await imageOfSize('image/jpeg', 2000);
    let taken = 0;
    let seen = 0;
    const items = (function* () {
      for (let i = 0; i < 30; i++) {
        taken++;
        yield { file };
      }
    })();
    for await (const _ of imgwire.uploadMany(items, { concurrency: 3 })) {
      seen++;
      expect(taken - seen).toBeLessThanOrEqual(3);
    }
    expect(seen).toBe(30);
    await imgwire.close();
  });

  it('ends with the reason of its signal, also while its source is silent', async () => {
    const imgwire = client();
    const controller = new AbortController();
    const silent = (async function* () {
      yield { file: await imageOfSize('image/jpeg', 2000) };
      await new Promise(() => undefined);
    })();
    const run = (async () => {
      for await (const _ of imgwire.uploadMany(silent, { signal: controller.signal }))
        controller.abort(new Error('enough'));
    })();
    await expect(run).rejects.toThrow('enough');
    await imgwire.close();
  });

  it('undoes what is in work when its loop is left', async () => {
    const imgwire = client();
    const file = await imageOfSize('image/jpeg', 2000);
    emulator.faults.add({ route: 'put', nth: 2, times: 9, hang: true });
    for await (const _ of imgwire.uploadMany(Array(5).fill({ file }), { concurrency: 5 })) break;
    expect(emulator.images.list()).toHaveLength(1);
    await imgwire.close();
  });

  it('refuses a concurrency that is no number', async () => {
    const imgwire = client();
    const first = imgwire.uploadMany([], { concurrency: Number.NaN }).next();
    await expect(first).rejects.toThrow(/"concurrency" must be an integer/);
    await imgwire.close();
  });
});

it('refuses rules that a storage engine cannot keep', () => {
  for (const option of ['authorize', 'fields', 'required', 'limits', 'minBytesPerSecond']) {
    const value = {
      authorize: () => true,
      fields: [{ name: 'a' }],
      required: true,
      limits: {},
      minBytesPerSecond: 5,
    }[option];
    expect(() => imgwireStorage({ apiKey: 'sk_x', [option]: value })).toThrow(`unknown option "${option}"`);
  }
});
