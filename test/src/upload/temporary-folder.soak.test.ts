import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire } from '@imgwire/express';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Child, endChild, startChild } from '../support/child.ts';
import {
  type Answer,
  encodeForm,
  openPost,
  type Part,
  type PostOptions,
  postBody,
  postForm,
} from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles, temporaryBytes, temporaryDirectory } from '../support/leftovers.ts';
import { tiffBackwards } from '../support/pixel-files.ts';
import { casesFor, inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { throughTransports } from '../support/transports.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const SIZE = { width: 20, height: 10 };
/** Every copy is on disk. */
const ON_DISK = { maxReplayBytes: 0 };

/** What cannot be a temporary folder: one that is missing, a file, and one in which nobody may create a file, whoever it is. */
const FOLDERS = { missing: '/nowhere', 'a file': join('/', 'proc', 'self', 'stat'), 'not writable': '/sys' };

const file = async (size: number): Promise<Part> => ({
  name: 'avatar',
  fileName: 'a.jpg',
  bytes: await imageOfSize('image/jpeg', size),
});
const caption: Part = { name: 'caption', value: 'late' };

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
beforeEach(() => emulator.reset());
afterEach(async () => {
  process.env['TMPDIR'] = temporaryDirectory;
  await expect.poll(() => openTemporaryFiles()).toEqual([]);
});
afterAll(() => emulator.close());

const expectStored = (answer: Answer, part: Part, lengthSource: string): void => {
  expect(answer.status, answer.text).toBe(200);
  expect(answer.json.files[0].lengthSource).toBe(lengthSource);
  expect(emulator.images.sha256(answer.json.images[0].id)).toBe(
    sha256('bytes' in part ? part.bytes : Buffer.of()),
  );
};
const expectFailed = (answer: Answer, status: number, code: string): void => {
  expect(answer.json, answer.text).toMatchObject({ status, code });
  expect(emulator.images.list()).toEqual([]);
};

describe.each(throughTransports(TARGETS))(
  'without a temporary folder, through $name over $transport',
  ({ target, connect }) => {
    let app: RunningTarget;
    let warnings: { context: object; message: string }[];
    afterEach(() => app.close());
    const start = async (options: TargetOptions, folder = FOLDERS.missing): Promise<void> => {
      warnings = [];
      const warn = (context: object, message: string): void => void warnings.push({ context, message });
      app = await target.start({ ...connect(emulator), ...ON_DISK, logger: { warn }, ...options });
      process.env['TMPDIR'] = folder;
    };
    const post = (parts: readonly Part[], options?: PostOptions): Promise<Answer> =>
      postForm(`${app.url}/any`, parts, options);

    it.each(casesFor(target, Object.entries(FOLDERS)))(
      'stores files of known length, and warns once, where it is %s',
      async (_what, folder) => {
        await start({}, folder);
        const [large, larger] = [await file(900_000), await file(3 * MIB)];
        expectStored(await post([large]), large, 'computed');
        expectStored(await post([larger]), larger, 'computed');
        expect(warnings).toEqual([
          {
            context: { err: expect.objectContaining({ code: 'TEMPORARY_FILE_FAILED' }) },
            message: expect.stringContaining('The temporary folder cannot be written'),
          },
        ]);
      },
    );

    // What follows is core's to decide.
    if (!inFull(target)) return;

    it('stores a file of unknown length that memory may hold, and refuses a larger one', async () => {
      await start({ maxReplayBytes: 4 * MIB });
      const [small, large] = [await file(900_000), await file(2.5 * MIB)];
      expectStored(await post([small], { chunked: true }), small, 'spool');
      await emulator.reset();
      expectFailed(await post([large], { chunked: true }), 500, 'TEMPORARY_FILE_FAILED');
      // The memory of both is given back.
      for (let i = 0; i < 6; i++) expectStored(await post([small], { chunked: true }), small, 'spool');
    });

    it('sends a file while it arrives that would be received first, and one more when that has its end', async () => {
      await start({ maxConcurrentUploads: 1, maxBufferedBytes: 64 * KIB });
      const form = encodeForm([await file(900_000)]);
      const [first, second] = [form, form].map(({ length }) => openPost(`${app.url}/any`, length));
      await first?.write(form.subarray(0, 600_000));
      await emulator.waitFor(({ requests }) =>
        requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
      );
      second?.request.end(form);
      first?.request.end(form.subarray(600_000));
      for (const post of [first, second]) expect((await post?.answer)?.status).toBe(200);
      expect(emulator.images.list()).toHaveLength(2);
    });

    it("answers with the store's own failure, which cannot be repeated", async () => {
      await start({});
      emulator.faults.add({ route: 'put', resetAfterBytes: 300_000 });
      expectFailed(await post([await file(900_000)]), 503, 'UPSTREAM_UNAVAILABLE');
    });

    it('refuses a file whose length turns out wrong, and does not blame the client', async () => {
      await start({});
      expectFailed(await post([await file(900_000), caption]), 500, 'TEMPORARY_FILE_FAILED');
    });
  },
);

it('fails only for whoever has limited the pixels where they can be seen in the copy alone', async () => {
  const target = TARGETS[0];
  const bytes = tiffBackwards(SIZE, SIZE, 2 * MIB);
  const answers: Answer[] = [];
  for (const options of [{}, { maxPixels: 1_000_000 }]) {
    const app = await target?.start({ ...overRest(emulator), ...ON_DISK, logger: {}, ...options });
    process.env['TMPDIR'] = FOLDERS.missing;
    answers.push(await postForm(`${app?.url}/single`, [{ name: 'avatar', fileName: 'a', bytes }]));
    await app?.close();
  }
  expect(answers.map(({ status }) => status)).toEqual([200, 500]);
  expect(answers[1]?.json.code).toBe('TEMPORARY_FILE_FAILED');
});

it('counts what is in a folder in memory as memory', async () => {
  const folder = await mkdtemp('/dev/shm/imgwire-');
  const app = await TARGETS[0]?.start({ ...overRest(emulator), ...ON_DISK, maxBufferedBytes: 64 * KIB });
  process.env['TMPDIR'] = folder;
  const form = encodeForm([await file(900_000)]);
  // One that is alone may be larger.
  const first = openPost(`${app?.url}/single`, form.length, { chunked: true });
  await first.write(form.subarray(0, 400_000));
  await expect.poll(temporaryBytes).toBeGreaterThan(300_000);
  const second = await postBody(`${app?.url}/single`, form, { chunked: true });
  expect(second.json).toMatchObject({ status: 503, code: 'TOO_MANY_UPLOADS' });
  first.request.end(form.subarray(400_000));
  expect((await first.answer).status).toBe(200);
  await app?.close();
  await rm(folder, { recursive: true });
});

it('warns on the console, once, where there is no logger', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const imgwire = createImgwire({ ...overRest(emulator), ...ON_DISK });
  process.env['TMPDIR'] = FOLDERS.missing;
  const { bytes } = (await file(900_000)) as { bytes: Uint8Array };
  const stream = (): ReadableStream<Uint8Array> => new Blob([new Uint8Array(bytes)]).stream();
  for (let i = 0; i < 3; i++) await imgwire.upload({ file: stream(), contentLength: bytes.length });
  await imgwire.close();
  const calls = warn.mock.calls.map(([message]) => String(message));
  warn.mockRestore();
  expect(calls).toEqual([expect.stringContaining('The temporary folder cannot be written')]);
});

describe('with a disk that is full in the middle of a file', () => {
  let server: Child;
  // A file that outgrows its limit fails as one on a full disk does: in the middle of a write.
  const MOST = MIB;
  beforeAll(async () => {
    server = await startChild(
      'upload-server.ts',
      { ...overRest(emulator), ...ON_DISK, logger: undefined },
      [],
      MOST,
    );
  });
  afterAll(() => endChild(server));
  const post = (parts: readonly Part[], options?: PostOptions): Promise<Answer> =>
    postForm(`${server.line}/single`, parts, options);

  it('stores files of known length, also where their copies are read', async () => {
    const large = await file(8 * MIB);
    for (let i = 0; i < 3; i++) {
      const answer = await post([large]);
      expect(answer.status, answer.text).toBe(200);
      expect(emulator.images.sha256(answer.json.images[0].id)).toBe(
        sha256('bytes' in large ? large.bytes : Buffer.of()),
      );
    }
    // Below the limit copies help as before.
    emulator.faults.add({ route: 'put', resetAfterBytes: 300_000 });
    expect((await post([await file(900_000)])).status).toBe(200);
    expect(openTemporaryFiles(server.pid)).toEqual([]);
  });

  it("answers with the store's own failure, and refuses a file of unknown length", async () => {
    emulator.faults.add({ route: 'put', resetAfterBytes: 3 * MIB });
    expectFailed(await post([await file(8 * MIB)]), 503, 'UPSTREAM_UNAVAILABLE');
    expectFailed(await post([await file(8 * MIB), caption]), 500, 'TEMPORARY_FILE_FAILED');
    expectFailed(await post([await file(8 * MIB)], { chunked: true }), 500, 'TEMPORARY_FILE_FAILED');
    expect((await post([await file(900_000)], { chunked: true })).status).toBe(200);
    expect(openTemporaryFiles(server.pid)).toEqual([]);
  });
});

it('stores files of known length one after another with a disk that is full from the start', async () => {
  const options = { ...overRest(emulator), ...ON_DISK, maxConcurrentUploads: 1, logger: undefined };
  const server = await startChild('upload-server.ts', options, [], 512);
  const part = await file(900_000);
  const form = encodeForm([part]);
  const first = openPost(`${server.line}/single`, form.length);
  await first.write(form.subarray(0, 600_000));
  await emulator.waitFor(({ requests }) =>
    requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
  );
  const second = openPost(`${server.line}/single`, form.length);
  await second.write(form.subarray(0, 600_000));
  first.request.end(form.subarray(600_000));
  await first.answer;
  second.request.end(form.subarray(600_000));
  for (const { answer } of [first, second]) expect((await answer).status, (await answer).text).toBe(200);
  for (const { id } of emulator.images.list())
    expect(emulator.images.sha256(id)).toBe(sha256('bytes' in part ? part.bytes : Buffer.of()));
  expect(openTemporaryFiles(server.pid)).toEqual([]);
  await endChild(server);
});
