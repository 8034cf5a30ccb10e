import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { watch } from 'node:fs';
import type { ImgwireError } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm, openPost, postBody, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { namedTemporaryFiles, openTemporaryFiles, temporaryDirectory } from '../support/leftovers.ts';
import { sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;

/** Boundaries as clients choose them, and what they send behind the last one. */
const ENDS = [
  ['a browser', BOUNDARY, '\r\n'],
  ['form-data-encoder 4.0 and before', 'form-data-boundary-0az9q1w2e3r4t5y6', '\r\n\r\n'],
  ['form-data-encoder 4.1', 'form-data-encoder-0az9q1w2e3r4t5y6', '\r\n\r\n'],
  ['axios', 'form-data-boundary-0az9Q1W2E3R4T5Y6U7_I8-O9P', '\r\n'],
  ['node-fetch', '----formdata-polyfill-0.8421973515604271', ''],
  ['needle', '--------------------NODENEEDLEHTTPCLIENT', ''],
  ['Deno', '----2495624970007885668593619388', ''],
  ["Node's fetch", '----formdata-undici-045621625783', '\r\n'],
] as const;

describe.each(sample(TARGETS))('streaming through $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  const start = async (options: TargetOptions = {}): Promise<void> => {
    app = await target.start({ ...overRest(emulator), ...options });
  };
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
    expect(namedTemporaryFiles()).toEqual([]);
  });

  const form = async (
    size: number,
    boundary = BOUNDARY,
    end = '\r\n',
  ): Promise<{ bytes: Buffer; body: Buffer }> => {
    const bytes = await imageOfSize('image/jpeg', size);
    const parts = [
      { name: 'title', value: 'slow' },
      { name: 'avatar', fileName: 'a.jpg', bytes },
    ];
    const body = encodeForm(parts, boundary).subarray(0, -'\r\n'.length);
    return { bytes, body: Buffer.concat([body, Buffer.from(end)]) };
  };

  it.each([
    ['a copy in memory', {}, 0],
    ['a copy on disk', { maxReplayBytes: 0 }, 1],
    ['no copy', { replay: false }, 0],
  ])(
    'has bytes at the service before the client has sent half, with %s',
    async (_copy, options, temporaryFiles) => {
      await start(options);
      const { bytes, body } = await form(2 * MIB);
      const post = openPost(`${app.url}/single`, body.length);
      const third = Math.floor(body.length / 3);
      for (let sent = 0; sent < third; sent += 16_384)
        await post.write(body.subarray(sent, Math.min(third, sent + 16_384)));
      const put = await emulator.waitFor(({ requests }) =>
        requests.find(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
      );
      expect(put.state).toBe('open');
      expect(openTemporaryFiles()).toHaveLength(temporaryFiles);
      await post.write(body.subarray(third));
      post.end();
      const answer = await post.answer;
      expect(answer.status).toBe(200);
      expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
    },
  );

  it('creates no file in the temporary directory with replay: false', async () => {
    await start({ replay: false });
    const names: unknown[] = [];
    const watcher = watch(temporaryDirectory, (_event, name) => {
      if (String(name).startsWith('imgwire-upload-')) names.push(name);
    });
    const { body } = await form(2 * MIB);
    const post = openPost(`${app.url}/single`, body.length);
    post.request.end(body);
    expect((await post.answer).status).toBe(200);
    watcher.close();
    expect(names).toEqual([]);
  });

  it('says that a length is required when only a temporary file would tell, and replay is off', async () => {
    await start({ replay: false });
    const bytes = await imageOfSize('image/jpeg', MIB);
    const part = { name: 'avatar', fileName: 'a.jpg', bytes };
    const chunked = await postForm(`${app.url}/single`, [part], { chunked: true });
    expect(chunked.json).toMatchObject({ status: 411, code: 'LENGTH_REQUIRED' });
    const first = await postForm(`${app.url}/single`, [part, { name: 'title', value: 'after' }]);
    expect(first.json).toMatchObject({ status: 411, code: 'LENGTH_REQUIRED' });
    expect(emulator.images.list()).toEqual([]);
  });

  it.each(ENDS)('knows how a form of %s ends, with no copy to send again', async (_, boundary, end) => {
    await start({ replay: false });
    const { bytes, body } = await form(MIB, boundary, end);
    const answer = await postBody(`${app.url}/single`, body, { boundary });
    expect(answer.status).toBe(200);
    expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
    expect(answer.json.files[0].lengthSource).toBe('computed');
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put']);
  });

  it.each([
    ['in memory', {}],
    ['on disk', { maxReplayBytes: 0 }],
  ])('sends a file again from its copy %s, when the PUT breaks off at any place', async (_where, options) => {
    await start(options);
    const { bytes, body } = await form(MIB);
    for (const resetAfterBytes of [0, 1, 100_000, 300_000, 700_000, MIB - 1]) {
      emulator.faults.add({ route: 'put', resetAfterBytes, times: 1 });
      const answer = await postBody(`${app.url}/single`, body);
      expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
      expect(answer.json.files[0].lengthSource).toBe('replay');
    }
    expect(emulator.images.list()).toHaveLength(6);
  });

  it.each(['', '\r\n\r\n', '\r\nThe epilogue of a mail.'])(
    'sends a file again when a form of others ends with %j, and names the end in the cause with replay: false',
    async (end) => {
      await start();
      const { bytes, body } = await form(MIB, 'somebody', end);
      const answer = await postBody(`${app.url}/single`, body, { boundary: 'somebody' });
      expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
      expect(answer.json.files[0].lengthSource).toBe('replay');
      await app.close();
      await emulator.reset();

      await start({ replay: false });
      const causes: unknown[] = [];
      const onFailed = (message: unknown): void =>
        void causes.push((message as { error: ImgwireError }).error.cause);
      subscribe('imgwire:request:failed', onFailed);
      const rejected = await postBody(`${app.url}/single`, body, { boundary: 'somebody' });
      unsubscribe('imgwire:request:failed', onFailed);
      expect(rejected.json).toMatchObject({ status: 411, code: 'LENGTH_REQUIRED' });
      expect(rejected.json.detail).toContain('Send it last in its form');
      expect(causes).toEqual([expect.objectContaining({ message: expect.stringContaining('one CRLF') })]);
      expect(emulator.images.list()).toEqual([]);
    },
  );

  it('holds the client up while the service reads slowly', async () => {
    await start({ replay: false });
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 100_000 });
    const { body } = await form(40 * MIB);
    const post = openPost(`${app.url}/single`, body.length);
    let sent = 0;
    const sending = (async () => {
      for (; sent < body.length; sent += 65_536) await post.write(body.subarray(sent, sent + 65_536));
      post.end();
    })();
    await emulator.waitFor(({ requests }) => requests.some(({ bytesReceived }) => bytesReceived >= 100_000));
    // The client can still fill the buffers between it and the service, of 6 MiB each at most on Linux; then it stands still.
    let seen = -1;
    while (seen !== sent) {
      seen = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(sent).toBeLessThan(body.length / 2);
    stall.remove();
    await sending;
    expect((await post.answer).status).toBe(200);
  });
});
