import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Cancellation } from '../cancellation.ts';
import { openCapacity } from './capacity.ts';
import { readAhead } from './read-ahead.ts';
import { Reservation } from './reservation.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MIB = 1024 * 1024;
const ABOUT = { field: '', fileName: '' };

const openAdmission = (maxBufferedBytes: number) => {
  const capacity = openCapacity({ maxConcurrentUploads: 1, maxBufferedBytes, queueTimeoutMs: 1000 });
  return { capacity, reservation: new Reservation(capacity, MIB, new Cancellation(), ABOUT) };
};

it('answers what was read, whatever the chunks', async () => {
  const size = fc.oneof(
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 900, max: 1100 }),
    fc.integer({ min: 4000, max: 9000 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 30 }), async (sizes) => {
      const chunks = sizes.map((length, i) => Buffer.alloc(length, i + 1));
      const left = [...chunks];
      const { reservation } = openAdmission(100 * MIB);
      const { bytes, ended } = await readAhead({ read: async () => left.shift() }, MIB, reservation);
      expect([Buffer.concat(chunks).equals(bytes), ended]).toEqual([true, true]);
    }),
  );
});

it('takes hardly more memory for chunks of one byte than for others', async () => {
  const { capacity, reservation } = openAdmission(100 * MIB);
  let left = 100_000;
  await readAhead({ read: async () => (left-- > 0 ? Buffer.of(1) : undefined) }, MIB, reservation);
  expect(capacity.memory.used).toBeGreaterThanOrEqual(100_000);
  expect(capacity.memory.used).toBeLessThan(150_000);
});

it('retains no chunk of one byte where memory is used up', async () => {
  const { reservation } = openAdmission(1);
  const given: WeakRef<Buffer>[] = [];
  const alive = (): number => {
    collect();
    return given.filter((each) => each.deref()).length;
  };
  const read = async (): Promise<Buffer | undefined> => {
    if (given.length === 1000) {
      // Of what is not retained nothing is left.
      await expect.poll(alive).toBeLessThan(10);
      return undefined;
    }
    const chunk = Buffer.of(1);
    given.push(new WeakRef(chunk));
    return chunk;
  };
  await readAhead({ read }, MIB, reservation);
  expect(given).toHaveLength(1000);
});
