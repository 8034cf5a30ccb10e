import { setImmediate } from 'node:timers/promises';
import type { ImgwireError, UploadRules } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EICAR } from '../recipes/clamd.ts';
import { type Answer, encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { casesFor, inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const KIB = 1024;
/** A promise, and what resolves it. */
function signalled<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve = (_value: T): void => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

type Scan = NonNullable<UploadRules<never>['scan']>;

/** Finds a text wherever it is, also where two chunks meet. */
const finding =
  (text: string): Scan =>
  async (bytes) => {
    let last = '';
    for await (const chunk of bytes) {
      last = last.slice(-text.length) + Buffer.from(chunk).toString('latin1');
      if (last.includes(text)) return 'The file has a virus.';
      last = last.slice(-text.length);
    }
    return true;
  };

/** How the bytes come to us, and what is kept of them. */
const WAYS = [
  ['in the read-ahead', 20 * KIB, {}, false],
  ['while it arrives', 600 * KIB, {}, false],
  ['while it arrives, without a copy', 600 * KIB, { replay: false }, false],
  ['from a copy, since its length is unknown', 600 * KIB, {}, true],
  ['with a hash', 600 * KIB, { hashAlgorithm: 'sha256' }, false],
] as const;

describe.each(TARGETS)('a scan of a file, through $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget | undefined;
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await emulator.close();
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
  });
  const start = async (options: TargetOptions): Promise<RunningTarget> => {
    app = await target.start({ ...overRest(emulator), ...options });
    return app;
  };
  const post = async (bytes: Uint8Array, options: TargetOptions, chunked = false): Promise<Answer> => {
    const { url } = await start(options);
    return postForm(`${url}/single`, form(bytes), { chunked });
  };
  const form = (bytes: Uint8Array): Part[] => [
    { name: 'title', value: 'Cat' },
    { name: 'avatar', fileName: 'cat.jpg', bytes },
  ];
  const expectNothingStored = (): void => {
    expect(emulator.images.list()).toEqual([]);
    expect(emulator.requests.filter(({ route, status }) => route === 'put' && status === 200)).toEqual([]);
  };

  it.each(casesFor(target, WAYS))(
    'sees every byte of one that is sent %s',
    async (_, size, options, chunked) => {
      const bytes = await imageOfSize('image/jpeg', size);
      const seen: Uint8Array[] = [];
      const infos: unknown[] = [];
      const scan: Scan = async (chunks, file) => {
        infos.push(file);
        for await (const chunk of chunks) seen.push(Buffer.from(chunk));
        return true;
      };
      const answer = await post(bytes, { ...options, scan }, chunked);
      expect(answer.status, answer.text).toBe(200);
      expect(sha256(Buffer.concat(seen))).toBe(sha256(bytes));
      expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
      expect(infos).toMatchObject([
        { fieldname: 'avatar', originalname: 'cat.jpg', mimetype: 'image/jpeg', fields: { title: 'Cat' } },
      ]);
    },
  );

  describe.each(casesFor(target, WAYS))('that is sent %s', (_, size, options, chunked) => {
    it.each(casesFor(target, ['at its start', 'in its last bytes', 'as its last bytes']))(
      'keeps one from the service that has a virus %s',
      async (place) => {
        const clean = await imageOfSize('image/jpeg', size);
        const at = { 'at its start': 2 * KIB, 'in its last bytes': size - 10 * KIB }[place] ?? size;
        const bytes = Buffer.concat([clean.subarray(0, at), Buffer.from(EICAR), clean.subarray(at)]);
        const answer = await post(bytes, { ...options, scan: finding(EICAR) }, chunked);
        expect(answer.status).toBe(422);
        expect(answer.json).toMatchObject({
          code: 'SCAN_REFUSED',
          detail: 'The file has a virus.',
          field: 'avatar',
          fileName: 'cat.jpg',
        });
        expectNothingStored();
      },
    );
  });

  if (!inFull(target)) return;

  it.each([
    ['false', false, undefined],
    ['nothing', undefined, 'scan returned undefined'],
    ['an object', { isInfected: false }, 'scan returned an object'],
    ['an empty text', '', 'scan returned a string'],
  ])('rejects a file whose scan returns %s', async (_, verdict, cause) => {
    const scan = async (): Promise<never> => verdict as never;
    const answer = await post(await imageOfSize('image/jpeg', 600 * KIB), { scan });
    expect(answer.json).toMatchObject({ code: 'SCAN_REFUSED' });
    expectNothingStored();
    const [error] = (app?.errors ?? []) as ImgwireError[];
    expect(error?.cause instanceof TypeError && error.cause.message).toEqual(
      cause ? expect.stringContaining(cause) : false,
    );
  });

  it.each(WAYS)('fails with what it throws, of one that is sent %s', async (_, size, options, chunked) => {
    const cause = new Error('clamd is gone');
    const scan: Scan = async (bytes) => {
      for await (const chunk of bytes) if (chunk.length > 0) break;
      throw cause;
    };
    const bytes = await imageOfSize('image/jpeg', size);
    const answer = await post(bytes, { ...options, scan, maxAttempts: 1 }, chunked);
    expect(answer.json).toMatchObject({ status: 503, code: 'SCAN_FAILED' });
    expect(app?.errors).toMatchObject([{ code: 'SCAN_FAILED', cause }]);
    expectNothingStored();
  });

  it.each(WAYS)(
    'passes an error for the client on unchanged, of one that is sent %s',
    async (_, size, options, chunked) => {
      const error = Object.assign(new Error('Not on Sundays'), { status: 409 });
      const scan: Scan = async (bytes) => {
        for await (const chunk of bytes) if (chunk.length > 0) break;
        throw error;
      };
      const bytes = await imageOfSize('image/jpeg', size);
      await post(bytes, { ...options, scan, maxAttempts: 1 }, chunked);
      expect(app?.errors).toEqual([error]);
      expectNothingStored();
    },
  );

  it('stores the rest of a file that its scan has left with true', async () => {
    const bytes = await imageOfSize('image/jpeg', 600 * KIB);
    let taken = 0;
    const scan: Scan = async (chunks) => {
      for await (const chunk of chunks) {
        taken += chunk.length;
        break;
      }
      return true;
    };
    const answer = await post(bytes, { scan });
    expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
    expect(taken).toBeLessThan(bytes.length);
  });

  it.each([
    ['takes no byte', async () => new Promise<never>(() => undefined)],
    [
      'takes all bytes',
      async (bytes) => {
        for await (const chunk of bytes) if (chunk.length < 0) return false;
        return new Promise<never>(() => undefined);
      },
    ],
  ] as const satisfies readonly (readonly [string, Scan])[])(
    'ends an upload whose scan %s and never returns',
    async (_, scan) => {
      const answer = await post(await imageOfSize('image/jpeg', 600 * KIB), { scan, scanTimeoutMs: 50 });
      expect(answer.json).toMatchObject({ status: 503, code: 'SCAN_FAILED' });
      expectNothingStored();
    },
  );

  it('holds the last bytes back until there is a verdict', async () => {
    const bytes = await imageOfSize('image/jpeg', 600 * KIB);
    const verdict = signalled<boolean>();
    const scanned = signalled<void>();
    const scan: Scan = async (chunks) => {
      for await (const chunk of chunks) if (chunk.length < 0) return false;
      scanned.resolve();
      return verdict.promise;
    };
    const { url } = await start({ scan });
    const answer = postForm(`${url}/single`, form(bytes));
    await scanned.promise;
    const put = await emulator.waitFor(({ requests }) =>
      requests.find(({ route, bytesReceived }) => route === 'put' && bytesReceived > 256 * KIB),
    );
    expect(put.state).toBe('open');
    expect(put.bytesReceived).toBeLessThan(bytes.length);
    verdict.resolve(true);
    expect(emulator.images.sha256((await answer).json.images[0].id)).toBe(sha256(bytes));
  });

  it('holds the upload to its own pace', async () => {
    const bytes = await imageOfSize('image/jpeg', 10_000 * KIB);
    let taken = 0;
    const ahead: number[] = [];
    const scan: Scan = async (chunks) => {
      for await (const chunk of chunks) {
        for (let turn = 0; turn < 20; turn++) await setImmediate();
        taken += chunk.length;
        const put = emulator.requests.find(({ route }) => route === 'put');
        ahead.push((put?.bytesReceived ?? 0) - taken);
      }
      return true;
    };
    const answer = await post(bytes, { scan });
    expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
    expect(taken).toBe(bytes.length);
    // The chunk that it has, and the one that waits for it.
    expect(Math.max(...ahead)).toBeLessThan(512 * KIB);
  });

  it('ends with its client: what the scan reads fails', async () => {
    const read = signalled<unknown>();
    const begun = signalled<void>();
    const scan: Scan = async (chunks) => {
      try {
        for await (const chunk of chunks) if (chunk.length > 0) begun.resolve();
      } catch (error) {
        read.resolve(error);
      }
      return true;
    };
    const { url } = await start({ scan });
    const body = encodeForm(form(await imageOfSize('image/jpeg', 2000 * KIB)));
    const open = openPost(`${url}/single`, body.length);
    await open.write(body.subarray(0, 1000 * KIB));
    await begun.promise;
    open.request.destroy();
    expect(await read.promise).toMatchObject({ code: 'CLIENT_ABORTED' });
    await emulator.waitFor(() => emulator.images.list().length === 0);
  });
});
