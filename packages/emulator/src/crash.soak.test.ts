import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { startEmulator } from './index.ts';
import { create, makePngOf, put } from './testing/client.ts';
import { forkEmulator } from './testing/fork-emulator.ts';

const KILLS = inject('soak') ? 30 : 2;
const UPLOADERS = 8;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'imgwire-emulator-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it(`killed ${KILLS} times under load, it keeps every acknowledged PUT bit for bit and shows no READY record without its bytes`, async () => {
  const acknowledged = new Map<string, string>();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const emulator = await forkEmulator({ dir });
    // Killed by the count of acknowledgements, each time another one, so at any point of the work of the
    // others.
    let left = 1 + Math.floor(Math.random() * 25);
    const onAcknowledged = (): void => {
      left -= 1;
      if (left === 0) emulator.child.kill('SIGKILL');
    };
    const uploaders = Array.from({ length: UPLOADERS }, () =>
      uploadUntilKilled(emulator, acknowledged, onAcknowledged),
    );
    await Promise.all(uploaders);
    await emulator.kill();
    await checkState(acknowledged);
  }
  expect(acknowledged.size).toBeGreaterThan(KILLS);
});

async function uploadUntilKilled(
  emulator: { url: string; apiKey: string },
  acknowledged: Map<string, string>,
  onAcknowledged: () => void,
): Promise<void> {
  for (;;) {
    try {
      const bytes = makePngOf(1000 + Math.floor(Math.random() * 400_000));
      const { image, upload_url } = await create(emulator);
      const { status } = await put(upload_url, bytes);
      if (status !== 200) throw new Error(`PUT: ${status}`);
      acknowledged.set(image.id, createHash('sha256').update(bytes).digest('hex'));
      onAcknowledged();
    } catch (error) {
      // The kill is what ends this loop; anything else is a failure.
      if (error instanceof TypeError && error.message === 'fetch failed') return;
      if (error instanceof TypeError && error.message === 'terminated') return;
      throw error;
    }
  }
}

/** Looks at the folder with an emulator in this process. */
async function checkState(acknowledged: ReadonlyMap<string, string>): Promise<void> {
  const emulator = await startEmulator({ dir });
  for (const [id, sha256] of acknowledged) {
    expect(emulator.images.get(id)?.status).toBe('READY');
    expect(emulator.images.sha256(id)).toBe(sha256);
  }
  let withBytes = 0;
  for (const image of emulator.images.list()) {
    const bytes = await emulator.images.bytes(image.id);
    if (bytes) withBytes += 1;
    expect(image.status).toBe(bytes ? 'READY' : 'PENDING');
    if (bytes)
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(emulator.images.sha256(image.id));
  }
  expect(await readdir(join(dir, 'bytes'))).toHaveLength(withBytes);
  expect(await readdir(join(dir, 'incoming'))).toEqual([]);
  await emulator.close();
}
