import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startEmulator } from './index.ts';
import { create, makePng, makePngOf, put } from './testing/client.ts';
import { forkEmulator } from './testing/fork-emulator.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'imgwire-emulator-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const MiB = 1024 * 1024;
const UPLOADS = inject('soak') ? 1000 : 50;
const MEGABYTES = inject('soak') ? 100 : 60;

describe.each(['memory', 'a folder'])('with state in %s', (where) => {
  it(`${UPLOADS} uploads of 100 KB at once all arrive, each with its own bytes`, async () => {
    const emulator = await startEmulator(where === 'memory' ? {} : { dir });
    const uploads = await Promise.all(
      Array.from({ length: UPLOADS }, async () => {
        const bytes = makePngOf(100_000);
        const { image, upload_url } = await create(emulator, { content_length: bytes.length });
        const { status } = await put(upload_url, bytes);
        return { id: image.id, status, sha256: createHash('sha256').update(bytes).digest('hex') };
      }),
    );
    expect(uploads.filter(({ status }) => status !== 200)).toEqual([]);
    for (const { id, sha256 } of uploads) expect(emulator.images.sha256(id)).toBe(sha256);
    emulator.assertNothingPending();
    await emulator.close();
  });
});

it(`${MEGABYTES} MB go into a folder and out again, and the process never grows by more than 48 MiB`, async () => {
  const emulator = await forkEmulator({ dir });
  const warm = await create(emulator);
  await sendChunks(warm.upload_url, 20);
  await receive(warm.image.cdn_url);
  const before = await emulator.memory();
  const { image, upload_url } = await create(emulator);
  const sent = await sendChunks(upload_url, MEGABYTES);
  expect(await receive(image.cdn_url)).toBe(sent);
  const after = await emulator.memory();
  await emulator.kill();
  expect((after.peak - before.now) / MiB).toBeLessThan(48);
});

/** PUTs so many MiB, an image in front, and returns their SHA-256. */
function sendChunks(url: string, count: number): Promise<string> {
  const hash = createHash('sha256');
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: 'PUT', headers: { 'content-length': count * MiB } },
      (response) => {
        response
          .resume()
          .on('end', () =>
            response.statusCode === 200 ? resolve(hash.digest('hex')) : reject(response.statusCode),
          );
      },
    );
    outgoing.on('error', reject);
    const first = Buffer.alloc(MiB);
    makePng().copy(first);
    void (async () => {
      for (let sent = 0; sent < count; sent += 1) {
        const chunk = sent === 0 ? first : Buffer.alloc(MiB, sent);
        hash.update(chunk);
        await new Promise<void>((next) => outgoing.write(chunk, () => next()));
      }
      outgoing.end();
    })();
  });
}

/** The SHA-256 of a delivery, read chunk by chunk. */
async function receive(url: string): Promise<string> {
  const hash = createHash('sha256');
  const response = await fetch(url);
  for await (const chunk of response.body ?? []) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
