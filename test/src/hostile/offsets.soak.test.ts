import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { BOUNDARY, encodeForm, type Part, postBody, postForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { namedTemporaryFiles, openTemporaryFiles } from '../support/leftovers.ts';
import { sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;
const FIRST_BYTES = 20_000;
/**
 * How many clients leave, and how many PUTs are reset: the most through core and the web adapter, which read the bytes; the others get
 * theirs from core.
 */
const countsFor = ({ name }: { readonly name: string }) => {
  if (!inject('soak')) return { everyByte: 24, leaving: 12, resets: 8, fewResets: 4 };
  return ['core', 'web'].includes(name)
    ? { everyByte: 1, leaving: 500, resets: 200, fewResets: 40 }
    : { everyByte: 5, leaving: 100, resets: 40, fewResets: 10 };
};
const file = (bytes: Uint8Array): Part => ({ name: 'avatar', fileName: 'a.png', bytes });
const small = encodeForm([
  { name: 'before', value: 'x' },
  file(await image('image/png')),
  { name: 'after', value: 'y' },
]);
const bytes = await imageOfSize('image/jpeg', (inject('soak') ? 3 : 1.5) * MIB);
const large = encodeForm([{ name: 'before', value: 'x' }, file(bytes), { name: 'after', value: 'y' }]);
/** Within the read-ahead: the only file of its form, or the first of two. */
const photo = await imageOfSize('image/jpeg', 240_000);
const KNOWN = {
  'a file that is alone': encodeForm([file(photo)]),
  'a file that another part follows': encodeForm([file(bytes), { name: 'after', value: 'y' }]),
};

/** Spread over the whole and always the same: the golden ratio leaves no gap and no pattern. */
const places = (count: number, length: number): number[] =>
  Array.from({ length: count }, (_, at) => Math.floor(((at * 0.618_033_988_75) % 1) * length));

/** Runs at most `width` at once. */
async function inParallel<T>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of left) await run(item);
    }),
  );
}

describe.each(sample(TARGETS))('$name', (target) => {
  const { everyByte, leaving, resets, fewResets } = countsFor(target);
  let emulator: Emulator;
  let app: RunningTarget;
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  const start = async (options: TargetOptions): Promise<void> => {
    app = await target.start({ ...overRest(emulator), ...options });
  };
  beforeAll(async () => {
    process.on('unhandledRejection', onRejection);
    emulator = await startEmulator();
  });
  beforeEach(() => emulator.reset());
  afterEach(async () => {
    await app.close();
    await emulator.reset();
    await expect.poll(() => emulator.connections()).toBe(0);
    expect(rejections).toEqual([]);
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
    expect(namedTemporaryFiles()).toEqual([]);
  });
  afterAll(async () => {
    await emulator.close();
    process.off('unhandledRejection', onRejection);
  });

  /** Sends the first bytes of a form, and leaves once they are out of this process. */
  const leaveAfter = async (form: Buffer, length: number): Promise<void> => {
    const { port } = new URL(app.url);
    const head = [
      'POST /single HTTP/1.1',
      'Host: localhost',
      `Content-Type: multipart/form-data; boundary=${BOUNDARY}`,
      `Content-Length: ${form.length}`,
    ];
    const socket: Socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    const gone = new Promise((resolve) => socket.once('close', resolve));
    // An answer means that it was refused; none is expected.
    socket.resume();
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    // In two pieces, so that a file is known before it is here.
    socket.write(form.subarray(0, Math.min(length, FIRST_BYTES)));
    await setImmediate();
    socket.write(form.subarray(FIRST_BYTES, length), () => socket.destroy());
    await gone;
  };
  /** Everything of the clients that left is gone, and the server is well. */
  const expectNothingLeft = async (requests: number): Promise<void> => {
    await expect.poll(() => app.errors.length).toBe(requests);
    expect(new Set(app.errors.map((error) => (error as { code?: string }).code))).toEqual(
      new Set(['CLIENT_ABORTED']),
    );
    await expect.poll(() => emulator.images.list()).toEqual([]);
    const answer = await postForm(`${app.url}/single`, [file(bytes)]);
    expect(answer.status, answer.text).toBe(200);
    expect(emulator.images.list()).toHaveLength(1);
  };

  it(`leaves nothing of a client that leaves after each ${everyByte === 1 ? 'byte' : `${everyByte}th byte`} of a small form`, async () => {
    await start({});
    const offsets = [...small.keys()].filter((at) => at % everyByte === 0);
    await inParallel(offsets, 16, (length) => leaveAfter(small, length));
    await expectNothingLeft(offsets.length);
  });

  it(`leaves nothing of a client that leaves at ${leaving} places of a large form`, async () => {
    await start({});
    await inParallel(places(leaving, large.length), 8, (length) => leaveAfter(large, length));
    await expectNothingLeft(leaving);
  });

  it.each(Object.entries(KNOWN))(
    `leaves nothing of a client that leaves at ${leaving} places of %s, on a route that knows it`,
    async (_name, form) => {
      await start({});
      for (let i = 0; i < 5; i += 1) await postBody(`${app.url}/single`, form);
      await emulator.reset();
      await inParallel(places(leaving, form.length), 8, (length) => leaveAfter(form, length));
      await expectNothingLeft(leaving);
    },
  );

  it.each(Object.entries(KNOWN))(
    `stores %s, on a route that knows it, when the PUT is reset at ${fewResets} places`,
    async (_name, form) => {
      await start({ maxAttempts: 20 });
      for (let i = 0; i < 5; i += 1) await postBody(`${app.url}/single`, form);
      await inParallel(places(fewResets, form.length), 4, async (resetAfterBytes) => {
        emulator.faults.add({ route: 'put', resetAfterBytes });
        const { status, text, json } = await postBody(`${app.url}/single`, form);
        expect(status, text).toBe(200);
        const stored = form.length < MIB ? photo : bytes;
        expect(emulator.images.sha256(json.images[0].id)).toBe(sha256(stored));
      });
      expect(emulator.images.list().every(({ status }) => status === 'READY')).toBe(true);
    },
  );

  it(`sends the whole again when the PUT is reset at ${resets} places`, async () => {
    // Eight at once meet each other's faults, so one may be struck more than twice.
    await start({ maxAttempts: 20 });
    const larger = await imageOfSize('image/jpeg', 600_000);
    const faults: { readonly hits: number }[] = [];
    await inParallel(places(resets, larger.length), 8, async (resetAfterBytes) => {
      faults.push(emulator.faults.add({ route: 'put', resetAfterBytes }));
      const answer = await postForm(`${app.url}/single`, [file(larger)]);
      expect(answer.status, answer.text).toBe(200);
      expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(larger));
    });
    expect(faults.map(({ hits }) => hits)).toEqual(Array(resets).fill(1));
    expect(emulator.images.list()).toHaveLength(resets);
  });

  it('answers 503 and leaves no record when the PUT is reset and there is no copy', async () => {
    await start({ replay: false });
    await inParallel(places(fewResets, bytes.length), 1, async (resetAfterBytes) => {
      emulator.faults.add({ route: 'put', resetAfterBytes });
      const answer = await postForm(`${app.url}/single`, [file(bytes)]);
      expect(answer.json).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
      expect(emulator.images.list()).toEqual([]);
    });
  });
});
