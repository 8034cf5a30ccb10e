import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportItem } from '@imgwire/bullmq';
import { beforeEach, describe, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { describeWithRedis } from '../support/redis.ts';
import { useImports } from './use-imports.ts';

const PAGE: Buffer = Buffer.from('<!doctype html><title>Sign in</title><p>Sign in to see this image.');
const jpeg = await image('image/jpeg');

describeWithRedis('an import of what is no image', () => {
  let body: Buffer = PAGE;
  const bench = useImports((_req, res) => res.end(body));
  beforeEach(() => {
    body = PAGE;
  });

  const pages = (count: number): ImportItem[] =>
    Array.from({ length: count }, (_, i) => ({ url: `${bench.address}/${i}.jpg` }));

  it('fails, at the first try, says why, and leaves no record', async () => {
    await bench.imports.add(pages(100));
    bench.work();
    await bench.drained();
    expect(await bench.imports.progress()).toEqual({ completed: 0, failed: 100, remaining: 0 });
    const failed = await bench.imports.queue.getFailed(0, 100);
    expect(failed.map(({ attemptsMade }) => attemptsMade)).toEqual(Array(100).fill(1));
    expect(failed[0]?.failedReason).toBe('IMAGE_QUARANTINED: The image service has quarantined the image.');
    expect(bench.emulator.images.list()).toEqual([]);
  });

  it('succeeds under its key when the image is back and the item is tried again', async () => {
    await bench.imports.add(pages(1));
    bench.work();
    await expect.poll(() => bench.imports.progress()).toMatchObject({ failed: 1, remaining: 0 });
    body = jpeg;
    await bench.imports.queue.retryJobs();
    await expect.poll(() => bench.imports.progress()).toEqual({ completed: 1, failed: 0, remaining: 0 });
    expect(bench.emulator.images.list()).toMatchObject([{ status: 'READY' }]);
  });

  it('is tried again while its record cannot be deleted', async () => {
    bench.emulator.faults.add({ route: 'delete', status: 500 });
    await bench.imports.add(pages(1));
    bench.work();
    await expect.poll(() => bench.imports.progress()).toMatchObject({ failed: 1, remaining: 0 });
    expect((await bench.imports.queue.getFailed()).map(({ attemptsMade }) => attemptsMade)).toEqual([2]);
    expect(bench.emulator.images.list()).toEqual([]);
  });
});

describeWithRedis('where images take a while until they are READY', () => {
  const bench = useImports((req, res) => res.end(req.url === '/page' ? PAGE : jpeg), 300);

  const statuses = (): string[] => bench.emulator.images.list().map(({ status }) => status);

  describe.each([['a URL'], ['a file']])('an import of %s', (kind) => {
    const add = async (rules: Pick<ImportItem, 'waitUntilReady'>): Promise<void> => {
      const folder = await mkdtemp(join(tmpdir(), 'usable-'));
      const path = join(folder, 'lake.jpg');
      await writeFile(path, jpeg);
      const source = kind === 'a file' ? { path } : { url: `${bench.address}/lake.jpg` };
      await bench.imports.add([{ ...source, idempotencyKey: 'lake', ...rules }]);
      bench.work();
      await bench.drained();
      await rm(folder, { recursive: true });
    };

    it('is done when Imgwire has it', async () => {
      await add({});
      expect(await bench.imports.progress()).toMatchObject({ completed: 1, failed: 0 });
      expect(bench.emulator.requests.some(({ route }) => route === 'retrieve')).toBe(false);
    });

    it('is done when the image is READY, if it asks for that', async () => {
      await add({ waitUntilReady: true });
      expect(await bench.imports.progress()).toMatchObject({ completed: 1, failed: 0 });
      expect(statuses()).toEqual(['READY']);
    });

    it('is waited for again by the next try where that takes longer than it allows', async () => {
      await add({ waitUntilReady: 1 });
      expect(await bench.imports.progress()).toMatchObject({ completed: 1, failed: 0 });
      const [job] = await bench.imports.queue.getCompleted();
      expect(job?.attemptsMade).toBeGreaterThan(1);
      expect(statuses()).toEqual(['READY']);
    });

    it('is made again if its record is deleted meanwhile', async () => {
      bench.emulator.faults.add({ route: 'retrieve', status: 404 });
      await add({ waitUntilReady: true });
      expect(await bench.imports.progress()).toMatchObject({ completed: 1, failed: 0 });
    });
  });

  it('a page in place of an image fails if its item waits', async () => {
    await bench.imports.add([{ url: `${bench.address}/page`, waitUntilReady: true }]);
    bench.work();
    await bench.drained();
    const [failed] = await bench.imports.queue.getFailed();
    expect([failed?.attemptsMade, failed?.failedReason]).toEqual([
      1,
      expect.stringMatching(/^IMAGE_QUARANTINED/),
    ]);
    expect(statuses()).toEqual([]);
  });
});
