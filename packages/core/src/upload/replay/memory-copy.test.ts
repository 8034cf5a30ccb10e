import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Cancellation } from '../../cancellation.ts';
import { openCapacity } from '../capacity.ts';
import { Reservation } from '../reservation.ts';
import type { ReplayCopy } from '../upload-body.ts';
import { openCopies } from './copies.ts';

const MIB = 1024 * 1024;

const ABOUT = { field: '', fileName: '' };
const BUDGET = { maxConcurrentUploads: 1000, maxBufferedBytes: MIB, queueTimeoutMs: 1000 };

/** Opens copies by their length. */
function open(maxBytes: number): (length: number) => Promise<ReplayCopy> {
  const capacity = openCapacity(BUDGET);
  const copies = openCopies(capacity, maxBytes, () => expect.unreachable());
  return (length) => copies.open(length, new Reservation(capacity, length, new Cancellation(), ABOUT));
}

async function readAll(copy: ReplayCopy, from?: number): Promise<Buffer> {
  const read = copy.reader(from);
  const chunks: Uint8Array[] = [];
  for (let chunk = await read(); chunk; chunk = await read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const fileDescriptors = (): number => readdirSync('/proc/self/fd').length;

/** Whether a copy of that length is on disk. */
async function isOnDisk(
  open: (length: number) => Promise<ReplayCopy>,
  length: number,
): Promise<[boolean, ReplayCopy]> {
  const before = fileDescriptors();
  const copy = await open(length);
  return [fileDescriptors() > before, copy];
}

it('answers what was appended from any place, whatever the chunks, as often as it is asked', async () => {
  const chunk = fc.oneof(
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 10_000, max: 20_000 }),
    fc.integer({ min: 60_000, max: 140_000 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(chunk, fc.boolean()), { maxLength: 40 }),
      fc.nat(),
      async (sizes, place) => {
        const copy = await open(64 * MIB)(1);
        const chunks = sizes.map(([size, isPart], i) =>
          isPart ? Buffer.alloc(size * 3, i + 1).subarray(size, size * 2) : Buffer.alloc(size, i + 1),
        );
        for (const bytes of chunks) void copy.append(bytes);
        const whole = Buffer.concat(chunks);
        const from = whole.length > 0 ? place % whole.length : 0;
        expect(copy.size()).toBe(whole.length);
        expect((await readAll(copy)).equals(whole)).toBe(true);
        expect((await readAll(copy, from)).equals(whole.subarray(from))).toBe(true);
        await copy.close();
      },
    ),
    { numRuns: 200 },
  );
});

it('answers what was appended behind what was read', async () => {
  const copy = await open(64 * MIB)(1);
  const read = copy.reader();
  void copy.append(Buffer.from('one'));
  expect((await readAll(copy)).toString()).toBe('one');
  void copy.append(Buffer.from('two'));
  expect((await readAll(copy)).toString()).toBe('onetwo');
  expect(await read()).toBeDefined();
  await copy.close();
});

it('joins chunks of one byte: each would take 400 bytes beside it', async () => {
  const copy = await open(64 * MIB)(MIB);
  for (let i = 0; i < MIB; i++) void copy.append(Buffer.from([i]));
  const read = copy.reader();
  let chunks = 0;
  while (await read()) chunks += 1;
  expect(chunks).toBe(16);
  await copy.close();
});

it('is on disk where the file is longer than a quarter, or than what is left, and in memory again once that is given back', async () => {
  const opened = open(4 * MIB);
  const [large, onDisk] = await isOnDisk(opened, MIB + 1);
  expect(large).toBe(true);
  const inMemory = await Promise.all(Array.from({ length: 4 }, () => opened(MIB)));
  const [fifth, waiting] = await isOnDisk(opened, MIB);
  expect(fifth).toBe(true);
  await inMemory[0]?.close();
  // Giving back twice gives back once.
  await inMemory[0]?.close();
  const [sixth, again] = await isOnDisk(opened, MIB);
  const [seventh, last] = await isOnDisk(opened, MIB);
  expect([sixth, seventh]).toEqual([false, true]);
  await Promise.all([onDisk, waiting, again, last, ...inMemory].map((copy) => copy.close()));
});

it('keeps nothing of a chunk that comes after the close', async () => {
  const copy = await open(6 * MIB)(1);
  await copy.close();
  void copy.append(Buffer.from('late'));
  expect(copy.size()).toBe(0);
});
