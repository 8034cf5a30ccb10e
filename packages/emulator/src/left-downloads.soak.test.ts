import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, get as request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { api, create, makePngOf, put, send } from './testing/client.ts';
import { type ForkedEmulator, forkEmulator } from './testing/fork-emulator.ts';

/** More than the buffers of both sides of a connection hold. */
const IMAGE_BYTES = 8 * 1024 * 1024;

let dir: string;
// In processes of their own, which an error that nobody hears ends.
let inFolder: ForkedEmulator;
let inMemory: ForkedEmulator;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'imgwire-emulator-'));
  [inFolder, inMemory] = await Promise.all([forkEmulator({ dir }), forkEmulator({})]);
});
afterAll(async () => {
  await Promise.all([inFolder.kill(), inMemory.kill()]);
  await rm(dir, { recursive: true, force: true });
});

/** Images that the emulator has open, from /proc: Linux only. */
function openImages(): string[] {
  const folder = `/proc/${inFolder.child.pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      const target = readlinkSync(join(folder, fd));
      return target.startsWith(join(dir, 'bytes')) ? [target] : [];
    } catch {
      return [];
    }
  });
}

async function storeImages(
  emulator: ForkedEmulator,
  count: number,
): Promise<{ id: string; cdn_url: string }[]> {
  const stored = [];
  for (let left = count; left > 0; left -= 1) {
    const { image, upload_url } = await create(emulator);
    expect((await put(upload_url, makePngOf(IMAGE_BYTES))).status).toBe(200);
    stored.push(image);
  }
  return stored;
}

async function zipOf(emulator: ForkedEmulator, images: readonly { id: string }[]): Promise<string> {
  const { json } = await api(emulator, 'POST', '/images/downloads', {
    image_ids: images.map(({ id }) => id),
  });
  return json.download_url;
}

/** A response of which so much as one chunk has been read. */
async function begin(url: string): Promise<IncomingMessage> {
  const outgoing = request(url).on('error', () => undefined);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  onTestFinished(() => void response.destroy());
  await once(response, 'readable');
  response.read();
  return response;
}

const alive = async (emulator: ForkedEmulator): Promise<void> => {
  expect((await send(`${emulator.url}/health`)).status).toBe(200);
  expect(emulator.child.exitCode).toBeNull();
};

describe('a client that leaves in the middle', () => {
  it.each(['zip', 'delivery'])('of a %s leaves no file open', async (what) => {
    const images = await storeImages(inFolder, 2);
    const url = what === 'zip' ? await zipOf(inFolder, images) : (images[0]?.cdn_url ?? '');
    for (let left = inject('soak') ? 10 : 3; left > 0; left -= 1) {
      const response = await begin(url);
      await expect.poll(openImages).toHaveLength(1);
      response.destroy();
      await expect.poll(openImages).toEqual([]);
    }
    await alive(inFolder);
  });
});

describe('a response that a fault loses', () => {
  it.each(['download', 'cdn'])('leaves no file open on the route %s', async (route) => {
    const images = await storeImages(inFolder, 1);
    const url = route === 'download' ? await zipOf(inFolder, images) : (images[0]?.cdn_url ?? '');
    for (const fault of [{}, { status: 503 }]) {
      await send(`${inFolder.url}/_emulator/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ route, afterProcessing: true, ...fault }),
      });
      await send(url).catch(() => undefined);
    }
    await expect.poll(openImages).toEqual([]);
    await alive(inFolder);
  });
});

describe.each(['folder', 'memory'])('with state in %s', (where) => {
  const emulator = () => (where === 'folder' ? inFolder : inMemory);

  it('a zip breaks off where an image has been deleted meanwhile, and the emulator lives', async () => {
    const images = await storeImages(emulator(), 3);
    const response = await begin(await zipOf(emulator(), images));
    for (const { id } of images) await api(emulator(), 'DELETE', `/images/${id}`);
    await finished(response.resume()).catch(() => undefined);
    expect(response.complete).toBe(false);
    await alive(emulator());
    if (where === 'folder') await expect.poll(openImages).toEqual([]);
  });
});
