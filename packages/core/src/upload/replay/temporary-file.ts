import { randomUUID } from 'node:crypto';
import { promises } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHUNK_BYTES } from '../../chunks.ts';
import { ImgwireError, isImgwireError } from '../../errors.ts';
import type { Reservation } from '../reservation.ts';
import type { ReadChunk, ReplayCopy } from '../upload-body.ts';
import { giveSegments, MOST_SEGMENTS, SEGMENT_BYTES, segmentsTaken, takeSegment } from './segments.ts';

/** We write at least so many segments together: to wake the writing thread costs as much as to write one. */
const LEAST_TOGETHER = 4;
/** So many full segments may wait for those being written, before the upload waits too: a disk is seldom steady. */
const MOST_WAITING = 12;
/** Without a segment we join small chunks to so many bytes: a client can send one byte in each, and a write takes 50 µs. */
const JOINED_BYTES = 4096;

/** Counts bytes on disk. */
export type DiskUser = Pick<Reservation, 'hasDisk' | 'holdDisk' | 'releaseDisk' | 'busy'>;

/**
 * Opens a copy on disk: a temporary file that we unlink at once, so that not even `kill -9` leaves it behind.
 *
 * @param isSlow whether its client is slow, see {@link ReplayCopy.leavePool}
 * @throws ImgwireError `TEMPORARY_FILE_FAILED`, also from `append`, `flush` and `read`; `TOO_MANY_UPLOADS` from `append` where
 *   there is no room for it
 */
export async function openTemporaryFile(user: DiskUser, isSlow: boolean = false): Promise<ReplayCopy> {
  return new TemporaryFile(await guard(openUnlinked().catch(busyWithoutDescriptors)), user, isSlow);
}

class TemporaryFile implements ReplayCopy {
  readonly #handle: FileHandle;
  readonly #user: DiskUser;
  #usesPool: boolean;
  #written = 0;
  /** Segments waiting to be written; the last one is not full. */
  readonly #batch: Buffer[] = [];
  #batched = 0;
  /** Small chunks behind them. */
  #joined: Buffer | undefined;
  #joinedBytes = 0;
  #writing = Promise.resolve();
  #isBusy: boolean = false;
  #isClosed: boolean = false;

  constructor(handle: FileHandle, user: DiskUser, isSlow: boolean) {
    this.#handle = handle;
    this.#user = user;
    this.#usesPool = !isSlow;
  }

  size(): number {
    return this.#written + this.#batched + this.#joinedBytes;
  }

  lost(): boolean {
    return false;
  }

  hasRoom(bytes: number): boolean {
    return this.#user.hasDisk(bytes);
  }

  append(chunk: Uint8Array): Promise<void> | undefined {
    // A failed upload may still wait for a chunk when its file is closed: its segment would never be returned.
    if (this.#isClosed) return undefined;
    if (!this.#user.holdDisk(chunk.length)) return Promise.reject(this.#user.busy());
    if (!this.#usesPool || segmentsTaken() >= MOST_SEGMENTS) return this.#appendDirectly(chunk);
    const joined = this.#takeJoined();
    if (joined) this.#addToBatch(joined);
    this.#addToBatch(chunk);
    const full = Math.floor(this.#batched / SEGMENT_BYTES);
    if (full < (this.#isBusy ? MOST_WAITING : LEAST_TOGETHER)) return undefined;
    return this.#writing.then(() => this.#write(full));
  }

  leavePool(): Promise<void> {
    this.#usesPool = false;
    return this.#isClosed ? Promise.resolve() : this.flush();
  }

  async flush(): Promise<void> {
    await this.#writing;
    if (this.#batched + this.#joinedBytes > 0) this.#write(this.#batch.length);
    await this.#writing;
  }

  reader(from: number = 0): ReadChunk {
    let position = from;
    return async () => {
      await this.flush();
      const length = Math.min(CHUNK_BYTES, this.#written - position);
      const chunk = await readAt(this.#handle, position, length);
      position += chunk?.length ?? 0;
      return chunk;
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    giveSegments(this.#batch.splice(0));
    this.#user.releaseDisk();
    await this.#handle.close().catch(() => undefined);
  }

  /** Writes a chunk directly, and is awaited: slower, but it takes little memory. */
  #appendDirectly(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#joinedBytes + chunk.length <= JOINED_BYTES) {
      this.#joined ??= Buffer.allocUnsafeSlow(JOINED_BYTES);
      this.#joined.set(chunk, this.#joinedBytes);
      this.#joinedBytes += chunk.length;
      return undefined;
    }
    return this.#writing.then(() => {
      this.#write(this.#batch.length, chunk);
      return this.#writing;
    });
  }

  #addToBatch(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const used = this.#batched % SEGMENT_BYTES;
      if (used === 0) this.#batch.push(takeSegment());
      const part = chunk.subarray(at, at + SEGMENT_BYTES - used);
      this.#batch.at(-1)?.set(part, used);
      this.#batched += part.length;
      at += part.length;
    }
  }

  #takeJoined(): Uint8Array | undefined {
    const joined = this.#joined?.subarray(0, this.#joinedBytes);
    this.#joined = undefined;
    this.#joinedBytes = 0;
    return joined;
  }

  /** Starts to write the first `count` segments, then a chunk. If they are all, the small chunks behind them come first. */
  #write(count: number, chunk?: Uint8Array): void {
    // An upload can be aborted while it waits to write. That the file is closed then is no fault of the folder.
    if (this.#isClosed) return;
    const joined = count === this.#batch.length ? this.#takeJoined() : undefined;
    const segments = this.#batch.splice(0, count);
    const length = Math.min(this.#batched, segments.length * SEGMENT_BYTES);
    const parts: Uint8Array[] = segments.map((segment, i) => segment.subarray(0, length - i * SEGMENT_BYTES));
    if (joined) parts.push(joined);
    if (chunk) parts.push(chunk);
    this.#isBusy = true;
    this.#writing = guard(writeAll(this.#handle, parts, this.#written)).finally(() => {
      this.#isBusy = false;
      giveSegments(segments);
    });
    // The next one to await it gets the error.
    this.#writing.catch(() => undefined);
    this.#written += length + (joined?.length ?? 0) + (chunk?.length ?? 0);
    this.#batched -= length;
  }
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
    if (isImgwireError(cause)) throw cause;
    throw new ImgwireError('TEMPORARY_FILE_FAILED', { cause });
  });
}

/** Without descriptors the folder is not at fault, and it passes when others end. */
function busyWithoutDescriptors(cause: NodeJS.ErrnoException): never {
  if (cause.code !== 'EMFILE' && cause.code !== 'ENFILE') throw cause;
  throw new ImgwireError('TOO_MANY_UPLOADS', { retryAfter: 1, cause });
}

/** Whether the temporary folder is at fault. */
export const isTemporaryFileFailed = (error: unknown): boolean =>
  isImgwireError(error) && error.code === 'TEMPORARY_FILE_FAILED';

/** tmpfs and ramfs, as Linux numbers its file systems. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01_02_19_94, 0x85_84_58_f6]);

/** Says whether the file system of a folder is in memory, and its size in bytes, if the system tells. Never rejects. */
export async function systemOf(
  folder: string,
): Promise<{ readonly isInMemory: boolean; readonly size: number }> {
  try {
    // Not every runtime has it.
    const { type, blocks, bsize } = await promises.statfs(folder);
    return { isInMemory: IN_MEMORY.has(type), size: blocks * bsize || Number.POSITIVE_INFINITY };
  } catch {
    return { isInMemory: false, size: Number.POSITIVE_INFINITY };
  }
}
