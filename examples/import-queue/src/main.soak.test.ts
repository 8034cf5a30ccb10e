import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWithRedis } from '../../../test/src/support/redis.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const lake = await readFile(new URL('../../demo/lake.jpg', import.meta.url));

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

async function run(...args: string[]): Promise<Run> {
  const { IMGWIRE_API_KEY: _key, ...env } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { env });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, output, errors };
}

describeWithRedis('the example of imports over a queue', () => {
  let folder: string;
  let source: Server;
  let broken: string | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'import-queue-test-'));
    broken = undefined;
    source = createServer((req, res) => res.end(req.url === broken ? '<h1>Sign in</h1>' : lake));
    source.listen(0, '127.0.0.1');
    await once(source, 'listening');
    const { port } = source.address() as AddressInfo;
    const rows = ['a', 'b', 'c'].map((name) => `http://127.0.0.1:${port}/${name}.jpg`);
    await writeFile(join(folder, 'images.csv'), ['url', ...rows].join('\n'));
  });
  afterEach(async () => {
    source.closeAllConnections();
    source.close();
    await rm(folder, { recursive: true });
  });
  const csv = (): string => join(folder, 'images.csv');

  it('ends with 1 when one has failed, keeps it, and tries it again', async () => {
    broken = '/b.jpg';
    const first = await run('--csv', csv(), '--workers', '1');
    expect(first.code).toBe(1);
    expect(first.output).toContain('2 imported, 1 failed, 0 left');
    expect(first.errors).toMatch(/b\.jpg"\}: IMAGE_QUARANTINED: /);
    const kept = /--redis (.+)/.exec(first.errors)?.[1] ?? '';
    expect(existsSync(kept)).toBe(true);

    broken = undefined;
    const second = await run('--redis', kept, '--workers', '1');
    expect([second.code, second.errors]).toEqual([0, '']);
    expect(second.output).toContain('3 imported, 0 failed, 0 left');
    await rm(kept, { recursive: true });
  });

  it('ends with 0 when all are imported', async () => {
    const { code, output, errors } = await run('--csv', csv(), '--workers', '1');
    expect([code, errors]).toEqual([0, '']);
    expect(output).toContain('3 imported, 0 failed, 0 left');
  });
});
