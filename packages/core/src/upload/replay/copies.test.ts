import { promises } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { Cancellation } from '../../cancellation.ts';
import { type Capacity, openCapacity } from '../capacity.ts';
import { Reservation } from '../reservation.ts';
import { type Copies, openCopies } from './copies.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const ABOUT = { field: '', fileName: '' };

const budgetOf = (maxConcurrentUploads: number): Capacity =>
  openCapacity({ maxConcurrentUploads, maxBufferedBytes: 100 * MIB, queueTimeoutMs: 1000 });
const admissionTo = (capacity: Capacity, fileSize: number): Reservation =>
  new Reservation(capacity, fileSize, new Cancellation(), ABOUT);

it('does not take the end of an upload for a fault of the folder', async () => {
  const capacity = budgetOf(100);
  const copies = openCopies(capacity, 0, () => expect.unreachable());
  for (const bytes of [MIB, 3 * MIB, 10_000]) {
    const copy = await copies.open(bytes, admissionTo(capacity, 50 * MIB));
    if (bytes < MIB) await copy.leavePool();
    // The upload is aborted while it waits for the disk.
    const waiting = [copy.append(Buffer.alloc(bytes))];
    await copy.close();
    await Promise.all(waiting);
  }
});

it('gives the room on disk of a copy back when it is given up, and when it is closed', async () => {
  const capacity = budgetOf(1);
  const copies = openCopies(capacity, 0, () => expect.unreachable());
  const [one, other] = [admissionTo(capacity, MIB), admissionTo(capacity, MIB)];
  const kept = await copies.open(MIB, one);
  const lost = await copies.open(MIB, other);
  await kept.append(Buffer.alloc(600 * KIB));
  await lost.append(Buffer.alloc(300 * KIB));
  expect(capacity.disk.used).toBe(900 * KIB);
  await lost.append(Buffer.alloc(300 * KIB));
  expect(lost.lost()).toBe(true);
  expect(capacity.disk.used).toBe(600 * KIB);
  await Promise.all([kept.close(), lost.close()]);
  expect(capacity.disk.used).toBe(0);
});

it('has room on disk for the files of a route with large ones, whatever the limit of another route', async () => {
  const capacity = budgetOf(2);
  const large = admissionTo(capacity, 50 * MIB);
  const small = admissionTo(capacity, MIB);
  expect(large.holdDisk(60 * MIB)).toBe(true);
  expect(small.holdDisk(MIB)).toBe(true);
});

describe('the bound of the temporary folder', () => {
  const { TMPDIR: folder } = process.env;
  const { statfs } = promises;
  afterEach(() => {
    if (folder === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = folder;
    promises.statfs = statfs;
  });
  const boundOf = async (each: string, capacity: Capacity, copies: Copies): Promise<number> => {
    process.env['TMPDIR'] = each;
    await (await copies.open(MIB, admissionTo(capacity, MIB))).close();
    return capacity.disk.most;
  };

  it('is that of the folder which is the temporary one now', async () => {
    const capacity = budgetOf(1);
    const copies = openCopies(capacity, 0, () => expect.unreachable());
    const bounds: number[] = [];
    // Linux has a file system in memory there.
    for (const each of ['/dev/shm', tmpdir(), '/dev/shm']) bounds.push(await boundOf(each, capacity, copies));
    expect(bounds[1]).toBeGreaterThan(100 * MIB);
    expect(bounds[0]).toBeLessThanOrEqual(100 * MIB);
    expect(bounds[2]).toBe(bounds[0]);
  });

  it('is none where the file system tells no size, or the runtime has no way to ask', async () => {
    const open = async (each: string): Promise<number> => {
      const capacity = budgetOf(1);
      return boundOf(
        each,
        capacity,
        openCopies(capacity, 0, () => undefined),
      );
    };
    // It has 0 blocks.
    expect(await open('/proc')).toBe(Number.POSITIVE_INFINITY);
    promises.statfs = undefined as never;
    expect(await open('/dev/shm')).toBe(Number.POSITIVE_INFINITY);
  });
});
