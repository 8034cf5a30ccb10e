import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImgwireUploadError } from '../errors.ts';

/** Bytes on disk under no name: they are gone when the file is closed, or the process ends, however it ends. */
export interface TemporaryFile {
  /** Bytes appended so far. */
  readonly size: number;
  /** Appends one chunk; one call at a time. */
  append(chunk: Uint8Array): Promise<void>;
  /** The bytes from the start; can be asked for again. */
  read(): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

const READ_BYTES = 64 * 1024;

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
  let size = 0;
  return {
    get size() {
      return size;
    },
    append: async (chunk) => {
      const position = size;
      size += chunk.length;
      await guard(writeAll(handle, chunk, position));
    },
    read: () => readAll(handle, () => size),
    close: () => handle.close().catch(() => undefined),
  };
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

async function* readAll(handle: FileHandle, size: () => number): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < size(); ) {
    // A buffer of its own for each chunk: the socket may still hold the one before.
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, size() - position));
    const { bytesRead } = await guard(handle.read(buffer, 0, buffer.length, position));
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function guard<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw new ImgwireUploadError('TEMPORARY_FILE_FAILED', { cause });
  });
}
