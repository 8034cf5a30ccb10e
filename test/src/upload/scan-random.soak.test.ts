import type { UploadRules } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { encodeForm, openPost } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { namedTemporaryFiles, openTemporaryFiles } from '../support/leftovers.ts';
import { coreTarget, type RunningTarget } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const KIB = 1024;
const UPLOADS = inject('soak') ? 1000 : 60;
const AT_ONCE = 12;
const SIZES = [5, 60, 200, 300, 900, 2500];
/** How its scan ends for a file, by the name that its client gives it. */
const ENDS = ['passes', 'rejects', 'says why', 'throws', 'hangs', 'leaves', 'leaves to reject'] as const;

const scan: NonNullable<UploadRules<never>['scan']> = async (bytes, { originalname }) => {
  const [end, at] = originalname.split('@');
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size < Number(at) || end === 'passes') continue;
    if (end === 'throws') throw new Error('The scanner is gone');
    if (end === 'hangs') return new Promise<never>(() => undefined);
    break;
  }
  return end === 'says why' ? 'A virus' : end === 'passes' || end === 'leaves';
};

/** mulberry32, from a fixed seed: a failure can be run again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

let emulator: Emulator;
let app: RunningTarget;
beforeAll(async () => {
  emulator = await startEmulator();
  app = await coreTarget('core').start({
    ...overRest(emulator),
    ...{ scan, scanTimeoutMs: 100, maxReplayBytes: 1024 * KIB, limits: { files: 3 } },
  });
});
afterAll(async () => {
  await app.close();
  await emulator.close();
});

it(`leaves nothing but what was stored, of ${UPLOADS} mixed uploads with scans that fail at random`, async () => {
  const random = randomFrom(20_261_130);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const images = await Promise.all(SIZES.map((size) => imageOfSize('image/jpeg', size * KIB)));
  const kept: string[] = [];
  const statuses = new Map<number, number>();

  const uploadOne = async (): Promise<void> => {
    const files = Array.from({ length: pick([1, 1, 1, 3]) }, () => {
      const bytes = pick(images);
      const end = random() < 0.4 ? 'passes' : pick(ENDS);
      return { name: 'photos', fileName: `${end}@${Math.floor(random() * bytes.length)}`, bytes };
    });
    const texts = random() < 0.3 ? [{ name: 'title', value: 'behind the file' }] : [];
    const body = encodeForm([...files, ...texts]);
    const post = openPost(`${app.url}/any`, body.length, { chunked: random() < 0.3 });
    const sent = random() < 0.1 ? Math.floor(random() * body.length) : body.length;
    await post.write(body.subarray(0, sent)).catch(() => undefined);
    if (sent < body.length) {
      post.request.destroy();
      return;
    }
    post.end();
    const answer = await post.answer;
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    if (answer.status === 200) kept.push(...answer.json.images.map(({ id }: { id: string }) => id));
  };

  let left = UPLOADS;
  const uploadSome = async (): Promise<void> => {
    for (; left > 0; ) {
      left -= 1;
      if (random() < 0.05) emulator.faults.add({ route: 'put', status: 503 });
      await uploadOne();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, uploadSome));

  // Those whose client has left may still be rolled back.
  await expect.poll(() => new Set(emulator.images.list().map(({ id }) => id))).toEqual(new Set(kept));
  expect(emulator.images.list().every(({ status }) => status === 'READY')).toBe(true);
  await expect.poll(() => openTemporaryFiles()).toEqual([]);
  expect(namedTemporaryFiles()).toEqual([]);
  expect(new Set(statuses.keys())).toEqual(new Set([200, 422, 503]));
  console.info(`${UPLOADS} uploads: ${kept.length} images, statuses ${JSON.stringify([...statuses])}`);
});
