import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, postForm } from '../support/client.ts';
import { image, imageOfSize, makeImage, turned } from '../support/images.ts';
import { gif, gifComment, gifFrame } from '../support/pixel-files.ts';
import { casesFor, inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const png = (width: number, height: number): Promise<Buffer> => makeImage('image/png', { width, height });

const RULES = { minWidth: 90, minHeight: 60 };
/** What a form has, and what becomes of it. */
const CASES = [
  ['as many pixels as needed', () => png(90, 60), undefined],
  ['one column too few', () => png(89, 600), 'The image has 89 × 600 pixels; at least 90 × 60 are needed.'],
  ['one row too few', () => png(900, 59), 'The image has 900 × 59 pixels; at least 90 × 60 are needed.'],
  [
    'too few behind the read-ahead',
    () => imageOfSize('image/jpeg', 600_000),
    'The image has 8 × 8 pixels; at least 90 × 60 are needed.',
  ],
] as const;

describe.each(TARGETS)('the least pixels of an image, through $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget | undefined;
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await emulator.close();
  });
  const post = async (bytes: Uint8Array, options: TargetOptions, path = '/single'): Promise<Answer> => {
    app = await target.start({ ...overRest(emulator), ...options });
    return postForm(`${app.url}${path}`, [{ name: 'avatar', fileName: 'a', bytes }]);
  };

  it.each(casesFor(target, CASES))(
    'decide on a file with %s before anything is sent',
    async (_, make, detail) => {
      const answer = await post(await make(), RULES);
      if (!detail) {
        expect(answer.status, answer.text).toBe(200);
        return;
      }
      expect(answer.json).toMatchObject({
        status: 422,
        detail,
        code: 'IMAGE_TOO_SMALL',
        field: 'avatar',
        fileName: 'a',
      });
      expect(emulator.requests.filter(({ route }) => route === 'create' || route === 'put')).toEqual([]);
    },
  );

  if (!inFull(target)) return;

  it('are those of the field where it has its own', async () => {
    const fields = [{ name: 'avatar', minWidth: 100 }];
    expect((await post(await png(99, 99), { fields }, '/any')).json).toMatchObject({
      code: 'IMAGE_TOO_SMALL',
    });
  });

  it.each([
    ['minWidth', 'The image is 50 pixels wide; at least 100 are needed.'],
    ['minHeight', 'The image is 40 pixels high; at least 100 are needed.'],
  ])('are told of the side alone that has a rule (%s)', async (rule, detail) => {
    expect((await post(await png(50, 40), { [rule]: 100 })).json).toMatchObject({ detail });
  });

  it('are of the largest image in a file, which may come late', async () => {
    const size = { width: 10, height: 10 };
    const large = { width: 100, height: 100 };
    const late = gif(size, gifFrame(size), gifComment(600_000), gifFrame(large), gifComment(1000));
    expect((await post(late, RULES)).status).toBe(200);
    await app?.close();
    const never = gif(size, gifFrame(size), gifComment(600_000), gifFrame(size), gifComment(1000));
    expect((await post(never, RULES)).json).toMatchObject({ code: 'IMAGE_TOO_SMALL' });
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('are those of the stored pixels, with the EXIF orientation beside them', async () => {
    const bytes = await turned('jpeg', { width: 100, height: 50 }, 6);
    const { json } = await post(bytes, { minWidth: 100 });
    expect(json.files).toMatchObject([{ width: 100, height: 50, orientation: 6 }]);
  });

  it('need the dimensions to be known', async () => {
    const cut = (await image('image/jpeg')).subarray(0, 100);
    expect((await post(cut, { minHeight: 1 })).json).toMatchObject({ status: 415, code: 'PIXELS_UNKNOWN' });
  });
});
