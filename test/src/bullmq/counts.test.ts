import type { ImportItem } from '@imgwire/bullmq';
import { expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { describeWithRedis } from '../support/redis.ts';
import { useImports } from './use-imports.ts';

const jpeg = await image('image/jpeg');

describeWithRedis('the progress of imports', () => {
  const down = new Set<string>();
  const bench = useImports((req, res) => {
    if (down.has(String(req.url))) res.writeHead(503).end();
    else res.end(jpeg);
  });

  const urls = (count: number): ImportItem[] =>
    Array.from({ length: count }, (_, i) => ({ url: `${bench.address}/${i}.jpg` }));
  const progress = (): Promise<object> => bench.imports.progress();

  it('counts an item once, though its job is removed and it is imported again', async () => {
    bench.work();
    await bench.imports.add(urls(5));
    await bench.drained();
    await bench.imports.queue.clean(0, 100, 'completed');
    await bench.imports.add(urls(7));
    await bench.drained();
    expect(await progress()).toEqual({ completed: 7, failed: 0, remaining: 0 });
    expect(bench.emulator.requests).toHaveLength(12);
  });

  it('counts an item once, though its worker had lost it and finishes it as well', async () => {
    const { emulator, imports } = bench;
    const fault = emulator.faults.add({ route: 'upload_via_url', delayMs: 1_500 });
    await imports.add(urls(1));
    // One at a time: with room for another it would take the item again itself, and lose it again.
    const alone = { concurrency: 1, skipLockRenewal: true, skipStalledCheck: true };
    const slow = bench.work({ lockDuration: 200, ...alone });
    slow.on('error', () => undefined);
    await emulator.waitFor(() => fault.hits === 1);
    bench.work({ stalledInterval: 100 });
    await bench.drained();
    expect(await progress()).toEqual({ completed: 1, failed: 0, remaining: 0 });
    await slow.close();
    expect(await progress()).toEqual({ completed: 1, failed: 0, remaining: 0 });
    expect(emulator.requests).toHaveLength(2);
  });

  it('counts an item once, though it had failed', async () => {
    bench.emulator.faults.add({ route: 'upload_via_url', status: 422 });
    await bench.imports.add(urls(1));
    bench.work();
    await expect.poll(progress).toEqual({ completed: 0, failed: 1, remaining: 0 });
    await bench.imports.queue.retryJobs();
    await expect.poll(progress).toEqual({ completed: 1, failed: 0, remaining: 0 });
  });

  it('has each item in one of its numbers at any time', async () => {
    await bench.imports.add(urls(200));
    bench.work({ concurrency: 20 });
    const sums = new Set<number>();
    await expect
      .poll(async () => {
        const { completed: done, failed, remaining: left } = await bench.imports.progress();
        sums.add(done + failed + left);
        return left;
      })
      .toBe(0);
    expect([...sums]).toEqual([200]);
  });

  it('begins anew when the queue is obliterated', async () => {
    bench.work();
    await bench.imports.add(urls(3));
    await bench.drained();
    await bench.imports.queue.obliterate();
    await bench.imports.queue.resume();
    expect(await progress()).toEqual({ completed: 0, failed: 0, remaining: 0 });
    await bench.imports.add(urls(2));
    await bench.drained();
    expect(await progress()).toEqual({ completed: 2, failed: 0, remaining: 0 });
  });

  it('an item whose source is down for a moment is imported by a later try', async () => {
    down.add('/0.jpg');
    bench.work().once('failed', () => down.clear());
    await bench.imports.add(urls(2));
    await bench.drained();
    expect(await progress()).toEqual({ completed: 2, failed: 0, remaining: 0 });
    const tries = (await bench.imports.queue.getCompleted()).map(({ attemptsMade }) => attemptsMade);
    expect(new Set(tries)).toEqual(new Set([1, 2]));
  });

  it('an item whose source stays away fails after all of its tries', async () => {
    const url = 'http://127.0.0.1:1/0.jpg';
    await bench.imports.add([{ url }]);
    bench.work().on('failed', (job) => {
      // What waits for its next try need not wait any longer; after the last one it does not wait.
      job?.promote().catch(() => undefined);
    });
    await bench.drained();
    expect(await progress()).toEqual({ completed: 0, failed: 1, remaining: 0 });
    const [job] = await bench.imports.queue.getFailed();
    expect(job).toMatchObject({
      attemptsMade: 8,
      failedReason: expect.stringMatching(/^URL_FETCH_FAILED 400 RequestError: /),
    });
  });
});
