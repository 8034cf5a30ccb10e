import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startEmulator } from './index.ts';
import { api, create, makePng, makePngOf, put, send, upload } from './testing/client.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'imgwire-emulator-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('brings records, bytes, keys and signatures back after a restart', async () => {
  const first = await startEmulator({ dir });
  const [one, two] = [await upload(first, makePng()), await upload(first, makePngOf(300_000))];
  const open = await create(first);
  await first.close();

  const second = await startEmulator({ dir });
  expect(second.apiKey).toBe(first.apiKey);
  expect(second.images.list().map(({ id }) => id)).toEqual([one.id, two.id, open.image.id]);
  expect(second.images.sha256(two.id)).toBe(first.images.sha256(two.id));
  expect(await second.images.bytes(one.id)).toEqual(makePng());
  expect((await send(second.images.get(one.id)?.cdn_url ?? '')).status).toBe(200);
  const moved = open.upload_url.replace(first.url, second.url);
  expect((await put(moved, makePng())).status).toBe(200);
  await second.close();
});

it('drops bytes that no record refers to', async () => {
  const first = await startEmulator({ dir });
  await upload(first, makePng());
  await first.close();
  await writeFile(join(dir, 'bytes', 'left-over'), 'x');
  await writeFile(join(dir, 'incoming', 'half'), 'x');
  const second = await startEmulator({ dir });
  expect(await readdir(join(dir, 'bytes'))).toHaveLength(1);
  expect(await readdir(join(dir, 'incoming'))).toHaveLength(0);
  await second.close();
});

it('refuses a folder that another emulator has open', async () => {
  const first = await startEmulator({ dir });
  await expect(startEmulator({ dir })).rejects.toThrow('is another emulator using it?');
  await first.close();
});

it('takes the bytes away with the record, and everything at reset', async () => {
  const emulator = await startEmulator({ dir });
  const image = await upload(emulator, makePng());
  await api(emulator, 'DELETE', `/images/${image.id}`);
  expect(await readdir(join(dir, 'bytes'))).toEqual([]);
  await upload(emulator, makePng());
  await emulator.reset();
  expect(await readdir(join(dir, 'bytes'))).toEqual([]);
  await emulator.close();
});

it('keeps one of two different uploads to one URL, whole, and refuses the other', async () => {
  const emulator = await startEmulator({ dir });
  for (let round = 0; round < 20; round += 1) {
    const { image, upload_url } = await create(emulator);
    const bodies = [makePngOf(50_000), makePngOf(60_000)];
    const replies = await Promise.all(bodies.map((bytes) => put(upload_url, bytes)));
    const winner = replies.findIndex(({ status }) => status === 200);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
    const stored = await emulator.images.bytes(image.id);
    expect(bodies.findIndex((bytes) => stored?.equals(bytes))).toBe(winner);
  }
  expect(await readdir(join(dir, 'bytes'))).toHaveLength(20);
  await emulator.close();
});

it('does not bring a record back that is deleted while its bytes arrive', async () => {
  const emulator = await startEmulator({ dir });
  for (let round = 0; round < 20; round += 1) {
    const { image, upload_url } = await create(emulator);
    const stored = put(upload_url, makePngOf(50_000));
    await emulator.waitFor(() => emulator.requests.at(-1)?.bytesReceived === 50_000);
    await api(emulator, 'DELETE', `/images/${image.id}`);
    await stored;
  }
  expect(emulator.images.list()).toEqual([]);
  expect(await readdir(join(dir, 'bytes'))).toEqual([]);
  await emulator.close();
});
