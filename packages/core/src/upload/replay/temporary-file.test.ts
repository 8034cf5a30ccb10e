import { expect, it } from 'vitest';
import type { ReplayCopy } from '../upload-body.ts';
import { giveSegments, MOST_SEGMENTS, SEGMENT_BYTES, segmentsTaken, takeSegment } from './segments.ts';
import { type DiskUser, openTemporaryFile } from './temporary-file.ts';

const ROOM: DiskUser = {
  hasDisk: () => true,
  holdDisk: () => true,
  releaseDisk: () => undefined,
  busy: () => expect.unreachable(),
};

/** Appends chunks of a size that fits no segment, and answers all of them. */
async function fill(file: ReplayCopy, chunks: number): Promise<Buffer> {
  const all = Array.from({ length: chunks }, (_, i) => Buffer.alloc(SEGMENT_BYTES - 1000, i + 1));
  for (const chunk of all) await file.append(chunk);
  return Buffer.concat(all);
}

async function readAll(file: ReplayCopy): Promise<Buffer> {
  const read = file.reader();
  const chunks: Uint8Array[] = [];
  for (let chunk = await read(); chunk; chunk = await read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

it('answers what was appended, from the start, as often as it is asked', async () => {
  const file = await openTemporaryFile(ROOM);
  const whole = await fill(file, 11);
  expect(file.size()).toBe(whole.length);
  for (let time = 0; time < 2; time++) expect((await readAll(file)).equals(whole)).toBe(true);
  await file.close();
});

it('copies what is appended: the chunk may be used for something else', async () => {
  const file = await openTemporaryFile(ROOM);
  const chunk = Buffer.from('before');
  await file.append(chunk);
  chunk.write('behind');
  expect(Buffer.from((await file.reader()()) ?? []).toString()).toBe('before');
  await file.close();
});

it('gives its memory back, read or not', async () => {
  const before = segmentsTaken();
  const files = await Promise.all([openTemporaryFile(ROOM), openTemporaryFile(ROOM)]);
  for (const file of files) await fill(file, 7);
  expect(segmentsTaken()).toBeGreaterThan(before);
  await files[0].reader()();
  for (const file of files) await file.close();
  expect(segmentsTaken()).toBe(before);
});

it('takes no more memory where much is in use: what is appended is on the disk at once, in its order', async () => {
  const file = await openTemporaryFile(ROOM);
  const before = await fill(file, 3);
  const others = Array.from({ length: MOST_SEGMENTS }, takeSegment);
  const during = await fill(file, 3);
  expect(segmentsTaken()).toBe(MOST_SEGMENTS);
  giveSegments(others);
  const after = await fill(file, 3);
  expect((await readAll(file)).equals(Buffer.concat([before, during, after]))).toBe(true);
  await file.close();
});

it('takes nothing of the pool for a slow client, and joins its small chunks: each would be a write', async () => {
  const before = segmentsTaken();
  const file = await openTemporaryFile(ROOM, true);
  const whole = Buffer.from(Array.from({ length: 20_000 }, (_, i) => i));
  let writes = 0;
  for (let at = 0; at < whole.length; at++) {
    const writing = file.append(whole.subarray(at, at + 1));
    if (writing) writes += 1;
    await writing;
  }
  expect(writes).toBe(4);
  expect(segmentsTaken()).toBe(before);
  expect((await readAll(file)).equals(whole)).toBe(true);
  await file.close();
});

it('keeps the order of chunks of all sizes, with and without memory of the pool', async () => {
  const file = await openTemporaryFile(ROOM);
  const others = Array.from({ length: MOST_SEGMENTS }, takeSegment);
  const chunks = Array.from({ length: 60 }, (_, i) => Buffer.alloc(i % 3 === 0 ? 50_000 + i : i + 1, i + 1));
  for (const [i, chunk] of chunks.entries()) {
    // Small chunks wait without a segment, then there are some, then its client turns out slow.
    if (i === 20) giveSegments(others);
    if (i === 40) await file.leavePool();
    await file.append(chunk);
  }
  const whole = Buffer.concat(chunks);
  expect(file.size()).toBe(whole.length);
  expect((await readAll(file)).equals(whole)).toBe(true);
  await file.close();
});

it('gives the memory of the pool back when its client turns out slow', async () => {
  const before = segmentsTaken();
  const file = await openTemporaryFile(ROOM);
  const whole = await fill(file, 2);
  expect(segmentsTaken()).toBeGreaterThan(before);
  await file.leavePool();
  expect(segmentsTaken()).toBe(before);
  expect((await readAll(file)).equals(whole)).toBe(true);
  await file.close();
});

it('takes nothing for a chunk that comes after the close', async () => {
  const before = segmentsTaken();
  const file = await openTemporaryFile(ROOM);
  const closing = file.close();
  await file.append(Buffer.from('late'));
  await closing;
  await file.append(Buffer.from('later'));
  expect(segmentsTaken()).toBe(before);
});
