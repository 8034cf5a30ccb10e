import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImgwireUploadError } from '../base/errors.ts';
import type { Copy } from './content.ts';
import { giveSegments, MOST_SEGMENTS, SEGMENT_BYTES, segmentsTaken, takeSegment } from './segments.ts';

const READ_BYTES = 64 * 1024;
/** Segments are written together, at least so many: waking the writing thread costs as much as writing one. */
const LEAST_TOGETHER = 4;
/** So many full segments may wait for those being written, before the upload waits too: the disk is seldom even. */
const MOST_WAITING = 12;

/**
 * Opens a copy on disk: a temporary file that is unlinked at once, so that even `kill -9` leaves nothing.
 *
 * @throws ImgwireUploadError `TEMPORARY_FILE_FAILED`, also from `append`, `flush` and `read`
 */
export async function openTemporaryFile(): Promise<Copy> {
  const handle = await guard(openUnlinked());
  let written = 0;
  // Segments waiting to be written; the last one is not full.
  const batch: Buffer[] = [];
  let batched = 0;
  let writing = Promise.resolve();
  let busy = false;
  let closed = false;
  /** Starts to write the first `count` segments, followed by a chunk. */
  const write = (count: number, chunk?: Uint8Array): void => {
    const segments = batch.splice(0, count);
    const length = Math.min(batched, segments.length * SEGMENT_BYTES);
    const parts: Uint8Array[] = segments.map((segment, i) => segment.subarray(0, length - i * SEGMENT_BYTES));
    if (chunk) parts.push(chunk);
    busy = true;
    writing = guard(writeAll(handle, parts, written)).finally(() => {
      busy = false;
      giveSegments(segments);
    });
    // The next one to await it gets the error.
    writing.catch(() => undefined);
    written += length + (chunk?.length ?? 0);
    batched -= length;
  };
  const flush = async (): Promise<void> => {
    await writing;
    if (batched > 0) write(batch.length);
    await writing;
  };
  return {
    size: () => written + batched,
    lost: () => false,
    flush,
    append: (chunk) => {
      // A failed upload may still wait for a chunk when its file is closed: its segment would never be returned.
      if (closed) return undefined;
      if (segmentsTaken() >= MOST_SEGMENTS) {
        // Written directly, and awaited: slower, but without extra memory.
        return writing.then(() => {
          write(batch.length, chunk);
          return writing;
        });
      }
      for (let at = 0; at < chunk.length; ) {
        const used = batched % SEGMENT_BYTES;
        if (used === 0) batch.push(takeSegment());
        const part = chunk.subarray(at, at + SEGMENT_BYTES - used);
        batch.at(-1)?.set(part, used);
        batched += part.length;
        at += part.length;
      }
      const full = Math.floor(batched / SEGMENT_BYTES);
      if (full < (busy ? MOST_WAITING : LEAST_TOGETHER)) return undefined;
      return writing.then(() => write(full));
    },
    reader: (from = 0) => {
      let position = from;
      return async () => {
        await flush();
        const chunk = await readAt(handle, position, Math.min(READ_BYTES, written - position));
        position += chunk?.length ?? 0;
        return chunk;
      };
    },
    close: async () => {
      closed = true;
      giveSegments(batch.splice(0));
      await handle.close().catch(() => undefined);
    },
  };
}

async function openUnlinked(): Promise<FileHandle> {
  const path = join(tmpdir(), `imgwire-upload-${randomUUID()}`);
  const handle = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function writeAll(handle: FileHandle, parts: readonly Uint8Array[], position: number): Promise<void> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  let { bytesWritten: done } = await handle.writev(parts, position);
  // The system may write only a part. That is rare enough to concatenate the rest.
  for (const whole = done < length ? Buffer.concat(parts) : undefined; whole && done < length; ) {
    done += (await handle.write(whole, done, length - done, position + done)).bytesWritten;
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array | undefined> {
  // A new buffer for each chunk: the socket may still hold the previous one.
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await guard(handle.read(buffer, 0, length, position));
  return bytesRead > 0 ? buffer.subarray(0, bytesRead) : undefined;
}

function guard<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw new ImgwireUploadError('TEMPORARY_FILE_FAILED', { cause });
  });
}
