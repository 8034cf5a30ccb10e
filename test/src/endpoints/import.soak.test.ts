import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Emulator, type Fault, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { image, textNamedPng } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { sha256 } from '../support/upload-suite.ts';
import { type Import, someOf, startImport, watchMemory } from './import-run.ts';

const COUNT = inject('soak') ? 5_000 : 100;
const ALL = COUNT.toLocaleString('en');
const FAULTS = COUNT * 0.05;

/** Every way a call goes wrong for a passing reason: refused, told to wait, done but the answer lost or replaced. */
const KINDS: readonly Omit<Fault, 'route'>[] = [
  { status: 500 },
  { status: 503, body: '<h1>Service Unavailable</h1>' },
  { status: 429, headers: { 'retry-after': '0' } },
  { afterProcessing: true },
  { afterProcessing: true, status: 502 },
];

/**
 * Names of 8 KiB, in the row and in the record that comes back, so that an import which keeps either grows by 20 MiB and
 * more from the second quarter to the last. One that keeps nothing grows by what its heap has not yet settled.
 */
const nameOf = (i: number): string => `photo, ${i} ${'x'.repeat(8192)}.jpg`;

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

describe('the import example', () => {
  let emulator: Emulator;
  let source: Server;
  let folder: string;
  let csv: string;
  let jpeg: Buffer;
  let running: Import[];

  beforeEach(async () => {
    running = [];
    emulator = await startEmulator({ requestLogLimit: 4 * COUNT });
    jpeg = await image('image/jpeg');
    source = createServer((req, res) => res.end(bytesOf(String(req.url))));
    const address = await listen(source);
    folder = await mkdtemp(join(tmpdir(), 'import-'));
    csv = join(folder, 'images.csv');
    const rows = Array.from({ length: COUNT }, (_, i) => `${address}/${i}.jpg,"${nameOf(i)}",import`);
    await writeFile(csv, ['url,file_name,purpose', ...rows].join('\r\n'));
  });
  afterEach(async () => {
    for (const { process, end } of running) {
      process.kill('SIGKILL');
      await end;
    }
    source.close();
    await emulator.close();
    await rm(folder, { recursive: true });
  });

  /** An image of its own for each path: readers stop at the end of a JPEG, hashes do not. */
  const bytesOf = (path: string): Buffer => Buffer.concat([jpeg, Buffer.from(path)]);

  function start(...args: string[]): Import {
    const run = startImport(emulator, ...args);
    running.push(run);
    return run;
  }

  const calls = (): number => emulator.requests.length;
  const callsReach = (some: number): Promise<true> =>
    emulator.waitFor(() => calls() >= some || undefined, {
      timeoutMs: 600_000,
      description: `${some} calls`,
    });

  function expectEachOnce(): void {
    const stored = emulator.images.list().map(({ id, original_filename: name, status, purpose }) => {
      return [name, purpose, status, emulator.images.sha256(id)].join();
    });
    const expected = Array.from({ length: COUNT }, (_, i) =>
      [nameOf(i), 'import', 'READY', sha256(bytesOf(`/${i}.jpg`))].join(),
    );
    expect(stored.toSorted(byText)).toEqual(expected.toSorted(byText));
  }

  it(`stores ${ALL} images once each though one call in twenty fails`, async () => {
    const faults = someOf(COUNT, FAULTS).map((nth, i) =>
      emulator.faults.add({ ...KINDS[i % KINDS.length], route: 'upload_via_url', nth }),
    );
    const run = start('--csv', csv);
    const memory = watchMemory(run, () => calls() / (COUNT + FAULTS));
    const { code, out, complaints } = await run.end;

    expectEachOnce();
    expect([code, complaints]).toEqual([0, '']);
    expect(faults.map(({ hits }) => hits)).toEqual(Array(FAULTS).fill(1));
    expect(calls()).toBe(COUNT + FAULTS);
    expect(out.filter((line) => !/^\d+ %/.test(line))).toEqual([
      expect.stringMatching(
        RegExp(String.raw`^Finished in [\d.]+ s: ${ALL} of ${ALL} images are stored, 0 failed\.$`),
      ),
    ]);
    // Few imports say nothing about memory: a heap takes thousands of them to settle.
    if (!inject('soak')) return;
    const [second, last] = [memory.mean(0.25, 0.5), memory.mean(0.75, 1)];
    console.info(`${ALL} imports: resident ${second} MiB in the second quarter, ${last} MiB in the last`);
    expect(last - second).toBeLessThan(24);
  });

  it('goes on where Ctrl-C has stopped it, and ends in the same state', async () => {
    const first = start('--csv', csv, '--concurrency', '16');
    await callsReach(COUNT / 2);
    first.process.kill('SIGINT');
    const stopped = await first.end;
    const stored = emulator.images.list();
    expect([stopped.code, stopped.complaints]).toEqual([130, '']);
    expect(stopped.out.at(-1)).toMatch(
      RegExp(
        String.raw`^Stopped after [\d.]+ s: [\d,]+ of ${ALL} images are stored, 0 failed\. The same command again goes on`,
      ),
    );
    expect(stopped.out.at(-1)).toContain(` ${stored.length.toLocaleString('en')} of ${ALL} `);
    expect(stored.length).toBeGreaterThanOrEqual(COUNT / 2);
    expect(stored.length).toBeLessThan(COUNT);
    emulator.assertNothingPending();
    emulator.assertEveryRecordHasBytes();

    const second = await start('--csv', csv, '--concurrency', '16').end;
    expectEachOnce();
    expect(second.code).toBe(0);
    expect(second.out.at(-1)).toMatch(
      RegExp(String.raw`^Finished in .* ${ALL} of ${ALL} images are stored, 0 failed\.$`),
    );
    expect(emulator.images.list().slice(0, stored.length)).toEqual(stored);
  });

  it('stores a folder once however often it is run, and tells which file failed and why', async () => {
    await mkdir(join(folder, 'album', 'summer'), { recursive: true });
    await writeFile(join(folder, 'album', 'a.jpg'), jpeg);
    await writeFile(join(folder, 'album', 'summer', 'a.jpg'), jpeg);
    await writeFile(join(folder, 'album', 'summer', textNamedPng.name), textNamedPng.bytes);
    await writeFile(join(folder, 'album', '.hidden.jpg'), jpeg);

    // A second process takes another second to start; that a second run goes on is seen above.
    for (let run = 0; run < (inject('soak') ? 2 : 1); run++) {
      const { code, out, complaints } = await start('--folder', join(folder, 'album')).end;
      expect(code).toBe(1);
      expect(out.at(-1)).toMatch(/ 2 of 3 images are stored, 1 failed\. The same command again tries/);
      expect(complaints).toMatch(
        /^summer\/notes\.png\tUNSUPPORTED_IMAGE_TYPE\tThe file is not an image.*\n$/,
      );
    }
    const stored = emulator.images.list().map((record) => [record.custom_metadata, record.status]);
    expect(stored).toHaveLength(2);
    expect(stored).toEqual(
      expect.arrayContaining([
        [{ path: 'a.jpg' }, 'READY'],
        [{ path: 'summer/a.jpg' }, 'READY'],
      ]),
    );
  });
});
