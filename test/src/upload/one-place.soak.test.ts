import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, encodeForm, type OpenPost, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { casesFor, sample } from '../support/sample.ts';
import { startStorage } from '../support/storage-target.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const ONE = { maxConcurrentUploads: 1 };
const file = async (size: number, seed: number): Promise<Part & { readonly bytes: Uint8Array }> => ({
  name: 'avatar',
  fileName: 'a.jpg',
  bytes: await imageOfSize('image/jpeg', size, seed),
});
const [large, other, small] = [await file(700_000, 0.1), await file(600_000, 0.2), await file(5000, 0.3)];

const FORMS = [
  ['two large files', [large, other]],
  ['a large file, and a small one', [large, small]],
  ['a small file, and a large one', [small, large]],
] as const;

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
const open = async (form: Buffer, sent: number): Promise<OpenPost> => {
  const post = openPost(`${app.url}/any`, form.length);
  await post.write(form.subarray(0, sent));
  return post;
};
const expectStored = (answer: Answer, parts: readonly (typeof large)[]): void => {
  expect(answer.status, answer.text).toBe(200);
  const ids = (answer.json.images as { id: string }[]).map(({ id }) => id);
  expect(ids.map((id) => emulator.images.sha256(id))).toEqual(parts.map(({ bytes }) => sha256(bytes)));
};

describe.each(sample(TARGETS))('one place for all transfers, seen through $name', (target) => {
  beforeEach(async () => {
    app = await target.start({ ...overRest(emulator), ...ONE });
  });

  it.each(casesFor(target, FORMS))(
    'is enough for forms with %s, of which each has sent the half',
    async (_name, parts) => {
      const form = encodeForm(parts);
      const half = Math.floor(form.length / 2);
      const posts = await Promise.all([1, 2, 3].map(() => open(form, half)));
      for (const { request } of posts.reverse()) request.end(form.subarray(half));
      for (const { answer } of posts) expectStored(await answer, parts);
    },
  );

  it('is enough for a form whose first file pauses, and for those that come meanwhile', async () => {
    const parts = [large, small];
    const form = encodeForm(parts);
    const post = await open(form, 400_000);
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
    );
    const both = [small, other];
    const answers = [1, 2].map(() => postForm(`${app.url}/any`, both));
    for (const answer of await Promise.all(answers)) expectStored(answer, both);
    post.request.end(form.subarray(400_000));
    expectStored(await post.answer, parts);
  });
});

it('is enough for forms with several files that multer hands to its storage', async () => {
  app = await startStorage({ ...overRest(emulator), ...ONE });
  const parts = [large, small, other, small];
  const form = encodeForm(parts);
  const paused = await open(form, 400_000);
  const answers = [1, 2, 3].map(() => postForm(`${app.url}/any`, parts));
  for (const answer of await Promise.all(answers)) expectStored(answer, parts);
  paused.request.end(form.subarray(400_000));
  expectStored(await paused.answer, parts);
});

it('is enough for several files of multer while the memory is used up', async () => {
  app = await startStorage({ ...overRest(emulator), ...ONE, maxBufferedBytes: 1 });
  const parts = [small, large, small, other];
  const answers = [1, 2, 3].map(() => postForm(`${app.url}/any`, parts));
  for (const answer of await Promise.all(answers)) expectStored(answer, parts);
});
