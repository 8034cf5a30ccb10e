import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ByteStore, ReceivedBytes, StoredBytes } from './byte-store.ts';

/**
 * Bytes in memory, each upload held once: as the chunks in which it arrived, joined only if one buffer is
 * requested.
 */
export function createMemoryByteStore(): ByteStore {
  const files = new Map<string, readonly Buffer[]>();

  const chunksOf = (stored: StoredBytes): readonly Buffer[] => {
    const chunks = files.get(stored.key);
    if (!chunks)
      throw new Error(`The bytes of ${stored.key} are gone: the image was deleted or the emulator reset.`);
    return chunks;
  };

  async function receive(imageId: string, source: AsyncIterable<Buffer>): Promise<ReceivedBytes> {
    const hash = createHash('sha256');
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of source) {
      hash.update(chunk);
      chunks.push(chunk);
      sizeBytes += chunk.length;
    }
    const key = `${imageId}.${randomUUID()}`;
    files.set(key, chunks);
    return { key, sizeBytes, sha256: hash.digest('hex'), discard: async () => void files.delete(key) };
  }

  return {
    receive,
    range: async (stored, start, length) => Buffer.concat(slice(chunksOf(stored), start, start + length)),
    stream: (stored, range) => {
      const chunks = chunksOf(stored);
      return Readable.from(range ? slice(chunks, range.start, range.end + 1) : chunks, { objectMode: false });
    },
    source: (stored) => Buffer.concat(chunksOf(stored)),
    remove: async (stored) => void files.delete(stored.key),
    keepOnly: async (keys) => {
      for (const key of files.keys()) if (!keys.has(key)) files.delete(key);
    },
  };
}

/** Views of the chunks between two offsets; nothing is copied. */
function slice(chunks: readonly Buffer[], start: number, end: number): Buffer[] {
  const parts: Buffer[] = [];
  let offset = 0;
  for (const chunk of chunks) {
    const part = chunk.subarray(Math.max(0, start - offset), Math.max(0, end - offset));
    if (part.length > 0) parts.push(part);
    offset += chunk.length;
    if (offset >= end) break;
  }
  return parts;
}
