import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImgwireUploadError } from '../errors.ts';
import type { Read } from './length.ts';

/** Bytes on disk under no name: they are gone when the file is closed, or the process ends, however it ends. */
export interface TemporaryFile {
  /** Bytes appended so far. */
  readonly size: number;
  /** Appends one chunk; one call at a time. The chunk before may still be on its way to the disk when it resolves. */
  append(chunk: Uint8Array): Promise<void>;
  /** Reads the bytes from the start; can be asked for again. */
  reader(): Read;
  close(): Promise<void>;
}

const READ_BYTES = 64 * 1024;
/** Chunks are written together: a write costs the thread of the event loop the same, however long it is. */
const BATCH_BYTES = 128 * 1024;

/**
 * Opens a temporary file and unlinks it at once, so that even `kill -9` leaves nothing.
 *
 * @throws ImgwireUploadError `TEMPORARY_FILE_FAILED`, also from `append` and `read`
 */
export async function openTemporaryFile(): Promise<TemporaryFile> {
  const path = join(tmpdir(), `imgwire-upload-${randomUUID()}`);
  const handle = await guard(open(path, 'wx+', 0o600));
  await guard(
    unlink(path).catch(async (error) => {
      await handle.close();
      throw error;
    }),
  );
  let written = 0;
  let batch: Uint8Array[] = [];
  let batched = 0;
  let writing = Promise.resolve();
  const write = (): void => {
    writing = guard(writeAll(handle, batch, written));
    // Whoever waits for it next is told.
    writing.catch(() => undefined);
    written += batched;
    batch = [];
    batched = 0;
  };
  return {
    get size() {
      return written + batched;
    },
    append: async (chunk) => {
      batch.push(chunk);
      batched += chunk.length;
      if (batched < BATCH_BYTES) return;
      await writing;
      write();
    },
    reader: () => {
      let position = 0;
      return async () => {
        await writing;
        if (batched > 0) write();
        await writing;
        const chunk = await readAt(handle, position, Math.min(READ_BYTES, written - position));
        position += chunk?.length ?? 0;
        return chunk;
      };
    },
    close: () => handle.close().catch(() => undefined),
  };
}

async function writeAll(handle: FileHandle, chunks: Uint8Array[], position: number): Promise<void> {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  let { bytesWritten: done } = await handle.writev(chunks, position);
  // The system may take less than all. That is rare enough to join the chunks then.
  for (const whole = done < length ? Buffer.concat(chunks) : undefined; whole && done < length; ) {
    done += (await handle.write(whole, done, length - done, position + done)).bytesWritten;
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array | undefined> {
  // A buffer of its own for each chunk: the socket may still hold the one before.
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await guard(handle.read(buffer, 0, length, position));
  return bytesRead > 0 ? buffer.subarray(0, bytesRead) : undefined;
}

function guard<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw new ImgwireUploadError('TEMPORARY_FILE_FAILED', { cause });
  });
}
