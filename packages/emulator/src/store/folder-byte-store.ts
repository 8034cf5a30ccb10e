import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteStore, ReceivedBytes, StoredBytes } from './byte-store.ts';

/**
 * Bytes as files below `dir`: `incoming/` while they arrive, `bytes/` when they are complete.
 *
 * The order makes a crash harmless: write to a temporary file, fsync, rename, fsync the folder, and only then may a record
 * refer to the file. Files that a crash leaves without a record are deleted by `keepOnly` at the next start.
 * File names consist of ids only; no client input gets into a path.
 */
export async function openFolderByteStore(dir: string): Promise<ByteStore> {
  const incoming = join(dir, 'incoming');
  const whole = join(dir, 'bytes');
  await mkdir(incoming, { recursive: true });
  await mkdir(whole, { recursive: true });
  const pathOf = (key: string): string => join(whole, key);

  async function receive(imageId: string, chunks: AsyncIterable<Buffer>): Promise<ReceivedBytes> {
    const key = `${imageId}.${randomUUID()}`;
    const aside = join(incoming, key);
    try {
      const digest = await writeFile(aside, chunks);
      await rename(aside, pathOf(key));
      await syncFolder(whole);
      return { key, ...digest, discard: () => rm(pathOf(key), { force: true }) };
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
  }

  async function range(stored: StoredBytes, start: number, length: number): Promise<Buffer> {
    const file = await open(pathOf(stored.key));
    try {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, stored.sizeBytes - start)));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  async function keepOnly(keys: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(incoming)) await rm(join(incoming, name), { force: true });
    for (const name of await readdir(whole))
      if (!keys.has(name)) await rm(join(whole, name), { force: true });
  }

  return {
    receive,
    range,
    stream: (stored, part) => createReadStream(pathOf(stored.key), part),
    source: (stored) => pathOf(stored.key),
    remove: (stored) => rm(pathOf(stored.key), { force: true }),
    keepOnly,
  };
}

/**
 * Writes chunk by chunk, with backpressure from the disk to the client, and syncs the file
 * before it closes.
 */
async function writeFile(
  path: string,
  chunks: AsyncIterable<Buffer>,
): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const file = await open(path, 'wx');
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      await file.writeFile(chunk);
      sizeBytes += chunk.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

/**
 * A rename is durable only once the folder itself is synced. Windows cannot open folders, and does not
 * need this.
 */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
