import { describe, expect, it } from 'vitest';
import { Cancellation } from '../cancellation.ts';
import { openCapacity } from './capacity.ts';
import { findLength, type Means } from './find-length.ts';
import { openCopies } from './replay/copies.ts';
import { Reservation } from './reservation.ts';
import type { FileSource, ReadAhead, ReadChunk, StreamInspector, UploadBody } from './upload-body.ts';

const HEAD = Buffer.alloc(100_000, 'h');
const RULES = { fileSize: 1e9, replay: true, readAheadBytes: 65_536 };
const ABOUT = { field: '', fileName: '' };
const BUDGET = { maxConcurrentUploads: 1e3, maxBufferedBytes: 1e9, queueTimeoutMs: 1000 };
const head = (): ReadAhead => ({ bytes: HEAD, ended: false, isSlow: false, isCounted: true });
const NOBODY: StreamInspector = { pass: () => undefined, end: async () => undefined };

/** A source whose chunks come when the test says so. */
function slowSource(chunks: Uint8Array[]): FileSource & { give(): void; most(): number } {
  const waiting: ((chunk: Uint8Array | undefined) => void)[] = [];
  let most = 0;
  return {
    expectedBy: 'computed',
    expectedLength: HEAD.length + chunks.reduce((sum, { length }) => sum + length, 0),
    read: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        most = Math.max(most, waiting.length);
      }),
    give: () => waiting.shift()?.(chunks.shift()),
    most: () => most,
  };
}

async function allOf(content: UploadBody): Promise<Buffer> {
  const body = content.body();
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for (let chunk = await body(); chunk; chunk = await body()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.each([
  ['on disk', 0],
  ['in memory', 1024 * 1024],
])('with the copy %s', (_where, maxBytes) => {
  const capacity = openCapacity(BUDGET);
  const means: Means = {
    copies: openCopies(capacity, maxBytes, () => expect.unreachable()),
    reservation: new Reservation(capacity, RULES.fileSize, new Cancellation(), ABOUT),
  };

  it.each([
    ['computed', 'LENGTH_REQUIRED'],
    ['declared', 'LENGTH_MISMATCH'],
  ] as const)(
    'sends nothing of the last bytes when more than the %s length comes',
    async (expectedBy, code) => {
      const chunks = [Buffer.alloc(1000, 'a'), Buffer.alloc(1000, 'b')];
      const read: ReadChunk = async () => chunks.shift();
      const source: FileSource = { read, expectedLength: HEAD.length + 1000, expectedBy };
      const content = await findLength(source, head(), RULES, NOBODY, means);
      const body = content.body() as ReadChunk;
      let sent = 0;
      const send = async (): Promise<void> => {
        for (let chunk = await body(); chunk; chunk = await body()) sent += chunk.length;
      };
      await expect(send()).rejects.toMatchObject({ code });
      expect(sent).toBe(HEAD.length);
      await content.close?.();
    },
  );

  it('receives no more of a stream that is longer than declared', async () => {
    const chunks = Array.from({ length: 20 }, () => Buffer.alloc(1000, 'a'));
    const read: ReadChunk = async () => chunks.shift();
    const source: FileSource = { read, expectedLength: HEAD.length + 5000, expectedBy: 'declared' };
    const content = await findLength(source, head(), RULES, NOBODY, means);
    await expect(content.replay?.()).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' });
    expect(chunks).toHaveLength(14);
    await content.close?.();
  });

  it('sends nothing again of a stream that is shorter than declared', async () => {
    const chunks = [Buffer.alloc(1000, 'a')];
    const read: ReadChunk = async () => chunks.shift();
    const source: FileSource = { read, expectedLength: HEAD.length + 5000, expectedBy: 'declared' };
    const content = await findLength(source, head(), RULES, NOBODY, means);
    await expect(content.replay?.()).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' });
    await content.close?.();
  });

  it('keeps every byte in order when a PUT that has failed still reads', async () => {
    const rest = [Buffer.alloc(1000, 'a'), Buffer.alloc(1000, 'b'), Buffer.alloc(1000, 'c')];
    const whole = Buffer.concat([HEAD, ...rest]);
    const source = slowSource(rest);
    const content = await findLength(source, head(), RULES, NOBODY, means);
    const body = content.body() as ReadChunk;
    expect(await body()).toHaveLength(HEAD.length);
    // The PUT waits for a chunk when it fails; once it has it, it asks for the next one before it looks at its socket.
    const late = body().then(() => body().catch(() => undefined));
    const again = content.replay?.();
    const giving = setInterval(source.give, 1);
    const second = await again;
    clearInterval(giving);
    await late;
    expect(source.most()).toBe(1);
    expect(second && (await allOf(second)).equals(whole)).toBe(true);
    await content.close?.();
  });
});
