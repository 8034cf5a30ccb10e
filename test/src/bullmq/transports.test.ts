import { createImgwire, type Imgwire } from '@imgwire/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { describeWithRedis } from '../support/redis.ts';
import { TRANSPORTS } from '../support/transports.ts';
import { useImports } from './use-imports.ts';

const jpeg = await image('image/jpeg');
const PAGE = '<!doctype html><title>Sign in</title>';

describe.each(TRANSPORTS)('over $transport,', ({ connect }) => {
  describeWithRedis('imports', () => {
    const down = new Set<string>();
    const bench = useImports(({ url = '' }, res) => {
      if (down.has(url)) res.writeHead(503).end();
      else res.end(url === '/page.jpg' ? PAGE : jpeg);
    });
    let imgwire: Imgwire;
    beforeEach(() => {
      down.clear();
      imgwire = createImgwire({ ...connect(bench.emulator), maxAttempts: 1 });
    });
    afterEach(() => imgwire.close());
    const add = (...names: string[]): Promise<number> =>
      bench.imports.add(names.map((name) => ({ url: `${bench.address}/${name}` })));

    it('of what is no image fail at the first try, and leave no record', async () => {
      await add('page.jpg', 'a.jpg');
      bench.work({ imgwire });
      await bench.drained();
      expect(await bench.imports.progress()).toEqual({ completed: 1, failed: 1, remaining: 0 });
      const [failed] = await bench.imports.queue.getFailed();
      expect([failed?.attemptsMade, failed?.failedReason]).toEqual([
        1,
        expect.stringMatching(/^IMAGE_QUARANTINED/),
      ]);
      expect(bench.emulator.images.list()).toHaveLength(1);
    });

    it('of a source that is down for a moment are tried again, and counted once', async () => {
      down.add('/a.jpg');
      await add('a.jpg', 'b.jpg');
      bench.work({ imgwire }).once('failed', () => down.clear());
      await bench.drained();
      expect(await bench.imports.progress()).toEqual({ completed: 2, failed: 0, remaining: 0 });
    });

    it('wait for ten minutes at most for a Retry-After of a day', async () => {
      const headers = { 'retry-after': '86400' };
      bench.emulator.faults.add({ route: 'upload_via_url', status: 429, headers });
      await add('a.jpg');
      bench.work({ imgwire, maximumRateLimitDelay: 100 });
      await expect.poll(() => bench.imports.queue.getRateLimitTtl()).toBeGreaterThan(0);
      await expect.poll(() => bench.imports.queue.getActiveCount()).toBe(0);
      expect(await bench.imports.queue.getRateLimitTtl()).toBeLessThanOrEqual(600_000);
      await bench.imports.queue.removeRateLimitKey();
      await bench.drained();
      expect(await bench.imports.progress()).toMatchObject({ completed: 1, failed: 0 });
    });
  });
});
