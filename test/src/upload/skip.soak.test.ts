import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { image, imageOfSize, makeImage, textNamedPng } from '../support/images.ts';
import { namedTemporaryFiles, openTemporaryFiles } from '../support/leftovers.ts';
import { casesFor, inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const KIB = 1024;
const RULES: TargetOptions = {
  onFileError: 'skip',
  limits: { fileSize: 700 * KIB, files: 20 },
  minWidth: 8,
  maxPixels: 10_000,
  scan: async (bytes, { originalname }) => {
    for await (const chunk of bytes) if (chunk.length < 0) return false;
    return originalname !== 'virus.jpg' || 'It has a virus.';
  },
};

/** Files that are rejected for what they are: at their start, behind the read-ahead, and at their end. */
const BAD: readonly (readonly [name: string, code: string, make: () => Buffer | Promise<Buffer>])[] = [
  ['none.jpg', 'EMPTY_FILE', () => Buffer.alloc(0)],
  ['text.jpg', 'UNSUPPORTED_IMAGE_TYPE', () => textNamedPng.bytes],
  ['long-text.jpg', 'UNSUPPORTED_IMAGE_TYPE', () => Buffer.alloc(600 * KIB, 'text ')],
  ['large.jpg', 'LIMIT_FILE_SIZE', () => imageOfSize('image/jpeg', 3000 * KIB)],
  ['wide.png', 'TOO_MANY_PIXELS', () => makeImage('image/png', { width: 101, height: 100 })],
  ['narrow.png', 'IMAGE_TOO_SMALL', () => makeImage('image/png', { width: 7, height: 100 })],
  ['cut.jpg', 'PIXELS_UNKNOWN', async () => (await image('image/jpeg')).subarray(0, 100)],
  ['virus.jpg', 'SCAN_REFUSED', () => imageOfSize('image/jpeg', 20 * KIB)],
  ['virus.jpg', 'SCAN_REFUSED', () => imageOfSize('image/jpeg', 600 * KIB)],
];
const GOOD = ['a.jpg', 'b.jpg', 'c.jpg'] as const;
const goods: Part[] = await Promise.all(
  [20, 300, 600].map(async (size, at) => ({
    name: 'photos',
    fileName: GOOD[at] ?? '',
    bytes: await imageOfSize('image/jpeg', size * KIB, at),
  })),
);

describe.each(TARGETS)('a rejected file of a form, through $name', (target) => {
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
    expect(namedTemporaryFiles()).toEqual([]);
  });
  const start = async (options: TargetOptions = RULES): Promise<string> => {
    app = await target.start({ ...overRest(emulator), ...options });
    return `${app.url}/any`;
  };
  const stored = (): (string | undefined)[] =>
    emulator.images.list().map(({ id }) => emulator.images.sha256(id));
  const expectKept = (answer: Answer, files: readonly Part[]): void => {
    expect(answer.status, answer.text).toBe(200);
    const hashes = files.map((file) => ('bytes' in file ? sha256(file.bytes) : ''));
    expect(answer.json.images.map(({ id }: { id: string }) => emulator.images.sha256(id))).toEqual(hashes);
    expect(new Set(stored())).toEqual(new Set(hashes));
  };

  it.each(casesFor(target, BAD))(
    'is left out, and the others are kept: %s, %s',
    async (fileName, code, make) => {
      const bad: Part = { name: 'photos', fileName, bytes: await make() };
      const url = await start();
      const [first, ...others] = goods as [Part, ...Part[]];
      const text: Part = { name: 'title', value: 'Lake' };
      for (const parts of [
        [bad, ...goods],
        [first, bad, text, ...others],
        [...goods, text, bad],
      ]) {
        for (const chunked of inFull(target) ? [false, true] : [false]) {
          await emulator.reset();
          const answer = await postForm(url, parts, { chunked });
          expectKept(answer, goods);
          expect(answer.json.rejected).toMatchObject([{ code, field: 'photos', fileName }]);
          expect(answer.json.body).toEqual(parts.includes(text) ? { title: 'Lake' } : {});
        }
      }
    },
  );

  if (!inFull(target)) return;

  it('is one of many, in the order of the form', async () => {
    const bad = await Promise.all(
      BAD.map(async ([fileName, , make]) => ({ name: 'photos', fileName, bytes: await make() })),
    );
    const answer = await postForm(await start(), [...bad.slice(0, 4), ...goods, ...bad.slice(4)]);
    expectKept(answer, goods);
    expect(answer.json.rejected.map(({ code }: { code: string }) => code)).toEqual(
      BAD.map(([, code]) => code),
    );
  });

  it('fails the form where it was required, with its own code', async () => {
    const url = await start({ ...RULES, required: true });
    const bad = { name: 'photos', fileName: 'a.png', bytes: textNamedPng.bytes };
    expect((await postForm(url, [bad])).json).toMatchObject({
      code: 'UNSUPPORTED_IMAGE_TYPE',
      fileName: 'a.png',
    });
    expect((await postForm(url, [])).json).toMatchObject({ code: 'FILE_REQUIRED' });
    expectKept(await postForm(url, [bad, ...goods]), goods);
  });

  it('fails the form without the rule', async () => {
    const bad = { name: 'photos', fileName: 'a.png', bytes: textNamedPng.bytes };
    const { onFileError: _, ...rules } = RULES;
    expect((await postForm(await start(rules), [...goods, bad])).json).toMatchObject({ status: 415 });
    expect(stored()).toEqual([]);
  });

  it.each([
    ['a service that is down', { maxAttempts: 1 }, 'UPSTREAM_UNAVAILABLE'],
    [
      'a scanner that is down',
      {
        scan: async () => {
          throw new Error('clamd is gone');
        },
      },
      'SCAN_FAILED',
    ],
    ['wrong metadata', { metadata: () => ({ purpose: '' }) }, 'INVALID_METADATA'],
    ['too many parts', { limits: { parts: 2 } }, 'LIMIT_PART_COUNT'],
    ['a request that is too large', { limits: { requestSize: 800 * KIB } }, 'LIMIT_REQUEST_SIZE'],
  ] as const satisfies readonly (readonly [string, TargetOptions, string])[])(
    'is not what a form fails for with %s',
    async (_, options, code) => {
      if (code === 'UPSTREAM_UNAVAILABLE') emulator.faults.add({ route: 'create', nth: 2, status: 503 });
      const answer = await postForm(await start({ ...RULES, ...options }), goods);
      expect(answer.json).toMatchObject({ code });
      expect(stored()).toEqual([]);
    },
  );

  it('is not read on when its client leaves', async () => {
    const url = await start({ ...RULES, limits: { ...RULES.limits, requestSize: 9000 * KIB } });
    const large = {
      name: 'photos',
      fileName: 'large.jpg',
      bytes: await imageOfSize('image/jpeg', 4000 * KIB),
    };
    const body = encodeForm([...goods, large]);
    const post = openPost(url, body.length);
    await post.write(body.subarray(0, 3000 * KIB));
    await emulator.waitFor(() => emulator.images.list().length >= 3);
    post.request.destroy();
    await emulator.waitFor(() => emulator.images.list().length === 0);
    await expect.poll(() => app?.errors).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
  });

  it('may be one that the service has quarantined', async () => {
    // Passes for a JPEG by its beginning, and is none.
    const bytes = Buffer.concat([(await image('image/jpeg')).subarray(0, 20), Buffer.alloc(5000)]);
    const bad: Part = { name: 'photos', fileName: 'broken.jpg', bytes };
    const url = await start({ onFileError: 'skip', waitUntilReady: true });
    const answer = await postForm(url, [bad, ...goods]);
    expectKept(answer, goods);
    expect(answer.json.rejected).toMatchObject([{ code: 'IMAGE_QUARANTINED', fileName: 'broken.jpg' }]);
  });
});
