import { expect, it } from 'vitest';
import type { Copy } from './content.ts';
import { giveSegments, MOST_SEGMENTS, SEGMENT_BYTES, segmentsTaken, takeSegment } from './segments.ts';
import { openTemporaryFile } from './temporary-file.ts';

/** Appends chunks of a size that fits no segment, and answers all of them. */
async function fill(file: Copy, chunks: number): Promise<Buffer> {
  const all = Array.from({ length: chunks }, (_, i) => Buffer.alloc(SEGMENT_BYTES - 1000, i + 1));
  for (const chunk of all) await file.append(chunk);
  return Buffer.concat(all);
}

async function readAll(file: Copy): Promise<Buffer> {
  const read = file.reader();
  const chunks: Uint8Array[] = [];
  for (let chunk = await read(); chunk; chunk = await read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

it('answers what was appended, from the start, as often as it is asked', async () => {
  const file = await openTemporaryFile();
  const whole = await fill(file, 11);
  expect(file.size()).toBe(whole.length);
  for (let time = 0; time < 2; time++) expect((await readAll(file)).equals(whole)).toBe(true);
  await file.close();
});

it('copies what is appended: the chunk may be used for something else', async () => {
  const file = await openTemporaryFile();
  const chunk = Buffer.from('before');
  await file.append(chunk);
  chunk.write('behind');
  expect(Buffer.from((await file.reader()()) ?? []).toString()).toBe('before');
  await file.close();
});

it('gives its memory back, read or not', async () => {
  const before = segmentsTaken();
  const files = await Promise.all([openTemporaryFile(), openTemporaryFile()]);
  for (const file of files) await fill(file, 7);
  expect(segmentsTaken()).toBeGreaterThan(before);
  await files[0].reader()();
  for (const file of files) await file.close();
  expect(segmentsTaken()).toBe(before);
});

it('takes no more memory where much is in use: what is appended is on the disk at once, in its order', async () => {
  const file = await openTemporaryFile();
  const before = await fill(file, 3);
  const others = Array.from({ length: MOST_SEGMENTS }, takeSegment);
  const during = await fill(file, 3);
  expect(segmentsTaken()).toBe(MOST_SEGMENTS);
  giveSegments(others);
  const after = await fill(file, 3);
  expect((await readAll(file)).equals(Buffer.concat([before, during, after]))).toBe(true);
  await file.close();
});

it('takes nothing for a chunk that comes after the close', async () => {
  const before = segmentsTaken();
  const file = await openTemporaryFile();
  const closing = file.close();
  await file.append(Buffer.from('late'));
  await closing;
  await file.append(Buffer.from('later'));
  expect(segmentsTaken()).toBe(before);
});
