import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as pass } from 'node:timers/promises';
import { type ImportItem, type ImportQueue, importQueue } from '@imgwire/bullmq';
import { type Emulator, type Fault, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { someOf } from '../endpoints/import-run.ts';
import { type Child, endChild, startChild } from '../support/child.ts';
import { image } from '../support/images.ts';
import { residentBytes } from '../support/leftovers.ts';
import { listen } from '../support/listen.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis.ts';
import { sha256 } from '../support/upload-suite.ts';

const SOAK = inject('soak');
const FULL = SOAK && process.env['SOAK_FULL'] === '1';
const COUNT = FULL ? 20_000 : 2_000;
const WORKERS = 4;
const KILL_EVERY_MS = 2_000;
const MIB = 1024 * 1024;
/** In each item and in each record: what keeps them grows by tens of MiB. */
const NAME_BYTES = 4_096;
/** Twenty thousand images take a while. */
const TIMEOUTS = FULL ? { timeout: 3_600_000 } : {};

const KINDS: readonly Omit<Fault, 'route'>[] = [
  { status: 500 },
  { status: 503, body: '<h1>Service Unavailable</h1>' },
  { status: 429, headers: { 'retry-after': '0' } },
  { afterProcessing: true },
  { afterProcessing: true, status: 502 },
];

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

describeWithRedis('imports by workers on many machines', () => {
  let redis: RedisServer;
  let emulator: Emulator;
  let source: Server;
  let address: string;
  let jpeg: Buffer;
  let imports: ImportQueue;
  let children: Child[];

  beforeEach(async () => {
    children = [];
    redis = await startRedis();
    emulator = await startEmulator({ requestLogLimit: 100 });
    jpeg = await image('image/jpeg');
    source = createServer((req, res) => res.end(bytesOf(String(req.url))));
    address = await listen(source);
    imports = importQueue({ connection: redis.connection });
    imports.queue.on('error', () => undefined);
  });
  afterEach(async () => {
    await Promise.all(children.map((child) => endChild(child, 'SIGKILL')));
    // Not awaited: where Redis is away, in a test that has failed, a queue waits for it.
    void imports.queue.disconnect().catch(() => undefined);
    await redis.close();
    await emulator.close();
    source.closeAllConnections();
    source.close();
  });

  /** An image of its own for each path: readers stop at the end of a JPEG, hashes do not. */
  const bytesOf = (path: string): Buffer => Buffer.concat([jpeg, Buffer.from(path)]);

  async function start(script: string, options: object = {}): Promise<Child> {
    const api = { apiKey: emulator.apiKey, baseUrl: emulator.url, maxAttempts: 1 };
    const child = await startChild(script, { api, connection: redis.connection, ...options }, [
      // Garbage is collected early, so that memory is what is kept.
      '--max-semi-space-size=2',
    ]);
    children.push(child);
    return child;
  }

  function* items(count: number, prefix = ''): Generator<ImportItem> {
    for (let i = 0; i < count; i++) yield { url: `${address}/${prefix}${i}.jpg`, fileName: `${i}.jpg` };
  }

  /** Adds the items, in a process of its own where its memory is observed; the result is by how many MiB it has grown. */
  async function produce(): Promise<number> {
    if (!FULL) return imports.add(items(COUNT)).then(() => 0);
    const producer = await start('import-producer.ts', { address, count: COUNT, nameBytes: NAME_BYTES });
    const grown = watchMemory(producer);
    await once(producer.process, 'exit');
    return grown();
  }

  const drained = async (): Promise<void> => {
    await expect
      .poll(
        async () => {
          const { remaining: left } = await imports.progress();
          return left;
        },
        { ...TIMEOUTS, interval: 200 },
      )
      .toBe(0);
  };

  function expectEachOnce(count: number): void {
    const stored = emulator.images.list().map(({ id, original_filename: name, status }) => {
      return [name.split(/[ .]/)[0], status, emulator.images.sha256(id)].join();
    });
    const expected = Array.from({ length: count }, (_, i) =>
      [i, 'READY', sha256(bytesOf(`/${i}.jpg`))].join(),
    );
    expect(stored.toSorted(byText)).toEqual(expected.toSorted(byText));
    emulator.assertNothingPending();
  }

  // Each start of a process costs two seconds of CPU time.
  it.runIf(SOAK)(
    `store ${COUNT} images once each, though calls fail and workers are killed`,
    TIMEOUTS,
    async ({ signal }) => {
      const faults = someOf(COUNT, COUNT * 0.05).map((nth, i) =>
        emulator.faults.add({ ...KINDS[i % KINDS.length], route: 'upload_via_url', nth }),
      );
      const produced = await produce();
      expect((await imports.progress()).remaining).toBe(COUNT);

      const workers = await Promise.all(Array.from({ length: WORKERS }, () => start('import-worker.ts')));
      const started = performance.now();
      // The first one lives through it all: its memory is observed.
      const consumed = workers[0] && watchMemory(workers[0]);
      await expect.poll(() => emulator.images.list().length).toBeGreaterThan(COUNT / 20);
      const over = drained().then(() => true);
      let kills = 0;
      for (let isOver = false; !isOver; kills++) {
        const at = 1 + (kills % (WORKERS - 1));
        const killed = workers[at];
        if (killed) await endChild(killed, 'SIGKILL');
        workers[at] = await start('import-worker.ts');
        isOver = await Promise.race([over, pass(KILL_EVERY_MS, false, { signal })]);
      }
      const seconds = (performance.now() - started) / 1_000;
      expectEachOnce(COUNT);
      expect(faults.every(({ hits }) => hits === 1)).toBe(true);
      expect(await imports.progress()).toEqual({ completed: COUNT, failed: 0, remaining: 0 });
      const memory = [produced, consumed?.()].map((grown) => `${grown} MiB`).join(', ');
      console.info(
        `${COUNT} imports, ${WORKERS} workers, ${kills} killed: ${seconds.toFixed(1)} s; grown ${memory}`,
      );
      if (!FULL) return;
      // What keeps the items has 80 MiB of them at the end.
      expect(produced).toBeLessThan(24);
      expect(consumed?.()).toBeLessThan(24);
    },
  );

  it.runIf(SOAK)(
    'take less than half as long in four processes as in one, when the service takes its time',
    async () => {
      const count = 1_000;
      emulator.faults.add({ route: 'upload_via_url', delayMs: 100, times: null });
      const seconds = async (workers: number): Promise<number> => {
        await imports.queue.pause();
        await imports.add(items(count, `${workers}-`));
        const started = await Promise.all(Array.from({ length: workers }, () => start('import-worker.ts')));
        const before = performance.now();
        await imports.queue.resume();
        await drained();
        const passed = (performance.now() - before) / 1_000;
        await Promise.all(started.map((worker) => endChild(worker)));
        return passed;
      };
      const [one, four] = [await seconds(1), await seconds(4)];
      console.info(`${count} imports: ${one.toFixed(1)} s in one process, ${four.toFixed(1)} s in four`);
      expect(four).toBeLessThan(one / 2);
    },
  );

  it('lose nothing, and store nothing twice, when Redis is away for a while', async () => {
    const count = FULL ? 4_000 : SOAK ? 1_000 : 100;
    await start('import-worker.ts');
    const fault = emulator.faults.add({ route: 'upload_via_url', delayMs: 20, times: null });
    const producing = imports.add(items(count));
    await emulator.waitFor(() => fault.hits > count / 4);
    await redis.stop();
    await pass(FULL ? 10_000 : SOAK ? 3_000 : 300);
    await redis.start();
    expect(await producing).toBe(count);
    await drained();
    expectEachOnce(count);
    expect(await imports.progress()).toMatchObject({ failed: 0, remaining: 0 });
  });
});

/** Samples the memory of a child; the result is how much more it has in the last quarter of its time than in the second, MiB. */
function watchMemory({ process: child, pid }: Child): () => number {
  const samples: number[] = [];
  const sampling = setInterval(() => {
    if (child.exitCode !== null || child.signalCode !== null) return clearInterval(sampling);
    const bytes = residentBytes(pid);
    if (bytes > 0) samples.push(bytes);
  }, 50);
  child.once('exit', () => clearInterval(sampling));
  const mean = (from: number, to: number): number => {
    const some = samples.slice(from * samples.length, to * samples.length);
    return some.reduce((sum, bytes) => sum + bytes, 0) / some.length / MIB;
  };
  return () => Math.round(mean(0.75, 1) - mean(0.25, 0.5));
}
