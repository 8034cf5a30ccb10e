import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type ImgwireOptions } from '@imgwire/express';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { encodeForm, openPost, type Part } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles, temporaryDirectory } from '../support/leftovers.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const KIB = 1024;
const NOTHING = { active: 0, waiting: 0, oldestWaitMs: 0, bufferedBytes: 0, replayBytes: 0, diskBytes: 0 };
const SIZES = [5_000, 60_000, 300_000, 900_000, 2_500_000];
const CLIENTS = inject('soak') ? 24 : 14;

/** What a client does with the rest of its form, of which it has sent a part. */
const REST = ['end', 'end', 'end after a pause', 'leave', 'leave after a pause'] as const;

const CASES: readonly (readonly [name: string, connection: ImgwireOptions, rules: TargetOptions])[] = [
  ['one place', { maxConcurrentUploads: 1 }, {}],
  [
    'two places and copies on disk',
    { maxConcurrentUploads: 2, maxReplayBytes: 0 },
    { hashAlgorithm: 'sha256' },
  ],
  ['hardly any memory', { maxBufferedBytes: 1, maxReplayBytes: 1_000_000 }, {}],
  [
    'little room on disk',
    { maxConcurrentUploads: 2, maxBufferedBytes: 200 * KIB, maxReplayBytes: 0 },
    { limits: { fileSize: 1_000_000 } },
  ],
  ['no folder', { maxConcurrentUploads: 4, maxReplayBytes: 4_000_000 }, {}],
  ['no copies', { maxConcurrentUploads: 4, maxBufferedBytes: 2_000_000 }, { replay: false }],
  ['a wait for READY', { maxConcurrentUploads: 3 }, { waitUntilReady: true }],
  ['short waits', { maxConcurrentUploads: 2, queueTimeoutMs: 300 }, { metadata: async () => slowly() }],
];

async function slowly(): Promise<object> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return { purpose: 'test' };
}

/** A generator of reproducible numbers, below 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const TARGET = TARGETS[0];

describe('the counters of a connection', () => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let app: RunningTarget | undefined;
  afterEach(async () => {
    process.env['TMPDIR'] = temporaryDirectory;
    await app?.close();
    await emulator.close();
  });

  const start = async (connection: ImgwireOptions, rules: TargetOptions): Promise<void> => {
    emulator = await startEmulator({ readyDelayMs: 20 });
    imgwire = createImgwire({ ...overRest(emulator), logger: {}, ...connection });
    app = await TARGET?.start({ imgwire, ...rules } as TargetOptions);
    emulator.faults.add({ route: 'put', status: 503, nth: 3, times: 2 });
    emulator.faults.add({ route: 'put', resetAfterBytes: 100_000, nth: 6, times: 3 });
    emulator.faults.add({ route: 'put', expired: true, nth: 12 });
    emulator.faults.add({ route: 'create', status: 503, nth: 9, times: 4 });
    emulator.faults.add({ route: 'delete', delayMs: 50, times: null });
  };

  const formOf = async (random: () => number): Promise<{ form: Buffer; sums: string[] }> => {
    const files = await Promise.all(
      Array.from({ length: random() < 0.3 ? 2 : 1 }, () =>
        imageOfSize('image/jpeg', SIZES[Math.floor(random() * SIZES.length)] ?? 0, random()),
      ),
    );
    const parts: Part[] = files.map((bytes) => ({ name: 'avatar', fileName: 'a.jpg', bytes }));
    if (random() < 0.3) parts.push({ name: 'caption', value: 'late' });
    return { form: encodeForm(parts), sums: files.map(sha256) };
  };

  /** One client, and the images that it is told of: what is stored of it must be what it has sent. */
  const visit = async (random: () => number, pause: () => Promise<unknown>): Promise<string[]> => {
    const { form, sums } = await formOf(random);
    const rest = REST[Math.floor(random() * REST.length)];
    const chunked = random() < 0.3;
    const first = Math.floor(form.length * random());
    const post = openPost(`${app?.url}/any`, form.length, { chunked });
    // A response that is sent early breaks the connection.
    post.request.on('error', () => undefined);
    post.request.write(form.subarray(0, first));
    if (rest?.includes('pause')) await pause();
    if (rest?.startsWith('leave')) {
      post.request.destroy();
      return [];
    }
    post.request.end(form.subarray(first));
    const answer = await post.answer.catch(() => undefined);
    if (answer?.status !== 200) return [];
    const ids = (answer.json.images as { id: string }[]).map(({ id }) => id);
    expect(ids.map((id) => emulator.images.sha256(id))).toEqual(sums);
    return ids;
  };

  /**
   * Those that pause go on at the end of a time by which they are slow, and have lost the places that others need; in `npm test` as soon
   * as all others have their end.
   */
  const visitAll = async (random: () => number): Promise<string[][]> => {
    let busy = CLIENTS;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const time = setTimeout(end, 2500);
    const rest = (): Promise<void> => {
      busy -= 1;
      if (busy === 0 && !inject('soak')) end();
      return ended;
    };
    const visits = Array.from({ length: CLIENTS }, async () => {
      let paused = false;
      const told = await visit(random, () => {
        paused = true;
        return rest();
      });
      if (!paused) void rest();
      return told;
    });
    return Promise.all(visits).finally(() => clearTimeout(time));
  };

  const expectNothing = async (): Promise<void> => {
    await expect.poll(() => imgwire.usage(), { timeout: 20_000 }).toEqual(NOTHING);
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
  };

  it.each(CASES)('are at nothing when all is over, with %s', async (name, connection, rules) => {
    await start(connection, rules);
    if (name === 'no folder') process.env['TMPDIR'] = '/nowhere';
    const random = numbers(name.length);
    const told = (await visitAll(random)).flat();
    expect(told).not.toEqual([]);
    await expectNothing();
    // No record is left of a client that was told of a failure, or has left.
    await expect.poll(() => new Set(emulator.images.list().map(({ id }) => id))).toEqual(new Set(told));
    await expect.poll(() => emulator.images.list().filter(({ status }) => status !== 'READY')).toEqual([]);
  });

  it('are at nothing after a close in the middle of it all', async () => {
    await start({ maxConcurrentUploads: 2, maxBufferedBytes: 500 * KIB, maxReplayBytes: 0 }, {});
    const random = numbers(7);
    const never = new Promise<never>(() => undefined);
    for (let i = 0; i < CLIENTS; i++) void visit(random, () => never);
    await emulator.waitFor(({ requests }) => requests.filter(({ route }) => route === 'put').length >= 4);
    await imgwire.close({ timeoutMs: 100 });
    await expectNothing();
    expect(emulator.images.list().filter(({ status }) => status === 'PENDING')).toEqual([]);
  });
});
