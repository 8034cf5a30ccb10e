import { type Emulator, startEmulator } from '@imgwire/emulator';
import type { FieldRules } from '@imgwire/express';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize, makeImage } from '../support/images.ts';
import { sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;
const jpeg = await imageOfSize('image/jpeg', 2000);
const file = (name: string, bytes: Uint8Array = jpeg): Part => ({ name, fileName: 'a.jpg', bytes });
const field = (name: string, value = ''): Part => ({ name, value });
const many = (count: number, part: (at: number) => Part): Part[] =>
  Array.from({ length: count }, (_, at) => part(at));
const large = await imageOfSize('image/jpeg', 400_000);

/** For each limit: its value, a form that just keeps it, one that just breaks it, and how that is refused. */
const LIMITS: readonly {
  readonly limits: NonNullable<TargetOptions['limits']>;
  readonly kept: readonly Part[];
  readonly broken: readonly Part[];
  readonly status: number;
  readonly code: string;
}[] = [
  {
    limits: { fileSize: 2000 },
    kept: [file('a')],
    broken: [file('a', await imageOfSize('image/jpeg', 2001))],
    ...{ status: 413, code: 'LIMIT_FILE_SIZE' },
  },
  {
    limits: { fileSize: 400_000 },
    kept: [file('a', large)],
    broken: [file('a', await imageOfSize('image/jpeg', 400_001))],
    ...{ status: 413, code: 'LIMIT_FILE_SIZE' },
  },
  {
    limits: { files: 3 },
    kept: many(3, (at) => file(`f${at}`)),
    broken: many(4, (at) => file(`f${at}`)),
    ...{ status: 413, code: 'LIMIT_FILE_COUNT' },
  },
  {
    limits: { fields: 3 },
    kept: [...many(3, (at) => field(`f${at}`)), file('a')],
    broken: [...many(4, (at) => field(`f${at}`)), file('a')],
    ...{ status: 413, code: 'LIMIT_FIELD_COUNT' },
  },
  {
    limits: { fieldSize: 300 },
    kept: [file('a'), field('text', 'x'.repeat(300))],
    broken: [file('a'), field('text', 'x'.repeat(301))],
    ...{ status: 413, code: 'LIMIT_FIELD_VALUE' },
  },
  {
    limits: { fieldNameSize: 30 },
    kept: [file('a'), field('x'.repeat(30))],
    broken: [file('a'), field('x'.repeat(31))],
    ...{ status: 400, code: 'LIMIT_FIELD_KEY' },
  },
  {
    limits: { fieldNameSize: 30 },
    kept: [file('x'.repeat(30))],
    broken: [file('x'.repeat(31))],
    ...{ status: 400, code: 'LIMIT_FIELD_KEY' },
  },
  {
    limits: { parts: 4 },
    kept: [...many(3, (at) => field(`f${at}`)), file('a')],
    broken: [...many(4, (at) => field(`f${at}`)), file('a')],
    ...{ status: 413, code: 'LIMIT_PART_COUNT' },
  },
  {
    limits: { fieldNestingDepth: 2 },
    kept: [file('a'), field('b[c][d]')],
    broken: [file('a'), field('b[c][d][e]')],
    ...{ status: 400, code: 'LIMIT_FIELD_NESTING' },
  },
  {
    limits: { fieldArrayIndexLimit: 5 },
    kept: [file('a'), field('b[5]')],
    broken: [file('a'), field('b[6]')],
    ...{ status: 400, code: 'LIMIT_FIELD_ARRAY_INDEX' },
  },
  {
    limits: { requestSize: encodeForm([file('a')]).length },
    kept: [file('a')],
    broken: [file('aa')],
    ...{ status: 413, code: 'LIMIT_REQUEST_SIZE' },
  },
];

describe.each(sample(TARGETS))('the limits of $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget | undefined;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => emulator.reset());
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });
  afterAll(() => emulator.close());
  const start = async (options: TargetOptions): Promise<string> => {
    app = await target.start({ ...overRest(emulator), ...options });
    return app.url;
  };

  it.each(LIMITS)('hold to the unit: $limits', async ({ limits, kept, broken, status, code }) => {
    const url = await start({ limits });
    for (const chunked of [false, true]) {
      const good = await postForm(`${url}/any`, kept, { chunked });
      expect(good.status, good.text).toBe(200);
      await emulator.reset();
      const bad = await postForm(`${url}/any`, broken, { chunked });
      expect(bad.json, `chunked: ${chunked}`).toMatchObject({ status, code });
      expect(bad.status).toBe(status);
      expect(emulator.images.list()).toEqual([]);
    }
  });

  it('are the default where they are undefined, of the form and of a field', async () => {
    const limits = { fileSize: undefined, files: undefined } as object;
    const fields = [{ name: 'a', fileSize: undefined } as object as FieldRules];
    const url = await start({ limits, fields });
    const kept = await postForm(`${url}/any`, [file('a')]);
    expect(kept.status, kept.text).toBe(200);
    const answer = await postForm(
      `${url}/any`,
      many(11, () => file('a')),
    );
    expect(answer.json).toMatchObject({ status: 413, code: 'LIMIT_FILE_COUNT' });
  });

  it('are those of the field where it has its own', async () => {
    const fields: FieldRules[] = [
      { name: 'icon', maxCount: 1, fileSize: 1000, accept: ['image/png'], maxPixels: 100 },
      { name: 'photo', maxCount: 2, fileSize: 2000, accept: ['image/jpeg'] },
    ];
    const icon = await makeImage('image/png', { width: 10, height: 10 });
    const wide = await makeImage('image/png', { width: 101, height: 1 });
    const photo = file('photo');
    const url = await start({ fields });
    const refusals: readonly [Part[], string, string][] = [
      [[file('icon', await imageOfSize('image/png', 1001))], 'LIMIT_FILE_SIZE', 'icon'],
      [[file('photo', await imageOfSize('image/jpeg', 2001))], 'LIMIT_FILE_SIZE', 'photo'],
      [[file('icon', await imageOfSize('image/jpeg', 1000))], 'UNSUPPORTED_IMAGE_TYPE', 'icon'],
      [[file('photo', icon)], 'UNSUPPORTED_IMAGE_TYPE', 'photo'],
      [[file('icon', wide)], 'TOO_MANY_PIXELS', 'icon'],
      [[file('icon', icon), file('icon', icon)], 'LIMIT_UNEXPECTED_FILE', 'icon'],
      [[photo, photo, photo], 'LIMIT_UNEXPECTED_FILE', 'photo'],
      [[file('other')], 'LIMIT_UNEXPECTED_FILE', 'other'],
    ];
    const good = await postForm(`${url}/any`, [photo, file('icon', icon), photo]);
    expect(good.status, good.text).toBe(200);
    await emulator.reset();
    for (const [parts, code, name] of refusals) {
      const answer = await postForm(`${url}/any`, parts);
      expect(answer.json, `${code} of ${name}`).toMatchObject({ code, field: name });
      expect(emulator.images.list()).toEqual([]);
    }
  });

  it('refuse a form that is known too large before a byte of it was sent', async () => {
    const url = await start({ limits: { fileSize: MIB, fields: 0 } });
    // One file of 1 MiB, and no field, is all that this route can take.
    const post = openPost(`${url}/single`, 2 * MIB);
    post.request.flushHeaders();
    const answer = await post.answer;
    expect(answer.json).toMatchObject({ status: 413, code: 'LIMIT_REQUEST_SIZE' });
    expect(emulator.requests).toEqual([]);
    post.request.destroy();
  });

  it('answer a form of gigabytes without swallowing it', async () => {
    const url = await start({});
    const post = openPost(`${url}/single`, 8 * 1024 * MIB);
    // What the client sends is not waited for: the answer comes while it could go on for ever.
    await post.write(Buffer.alloc(64 * 1024));
    expect((await post.answer).json).toMatchObject({ status: 413, code: 'LIMIT_REQUEST_SIZE' });
    post.request.destroy();
  });

  it('let a form of several large files through that each limit allows', async () => {
    const url = await start({ limits: { fileSize: 3 * MIB, files: 3 } });
    const bytes = await imageOfSize('image/jpeg', 3 * MIB);
    const answer = await postForm(`${url}/any`, [
      file('a', bytes),
      field('b', 'x'),
      file('c', bytes),
      file('d', bytes),
    ]);
    expect(answer.status, answer.text).toBe(200);
  });
});
