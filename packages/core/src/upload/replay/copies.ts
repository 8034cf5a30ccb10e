import { tmpdir } from 'node:os';
import { type ImgwireErrorCode, isImgwireError } from '../../errors.ts';
import type { Capacity } from '../capacity.ts';
import type { ReplayCopy } from '../upload-body.ts';
import { memoryCopy } from './memory-copy.ts';
import { type DiskUser, isTemporaryFileFailed, openTemporaryFile, systemOf } from './temporary-file.ts';

/** Opens replay copies and spools, in memory and on disk. */
export interface Copies {
  /**
   * Opens the replay copy of a file that is sent while it arrives. If it cannot be written the file is sent without it: see
   * {@link ReplayCopy.lost}. Never rejects.
   */
  open(length: number, user: DiskUser): Promise<ReplayCopy>;
  /**
   * Opens the spool of a file that is received before it is sent. It is on disk; or in memory, if there is room, while the
   * temporary folder cannot be used.
   *
   * @param isSlow whether its client is slow, see {@link ReplayCopy.leavePool}
   * @param length if it is known
   * @param isBrief whether it will soon be sent, so that it may take memory where that has room
   * @throws ImgwireError `TEMPORARY_FILE_FAILED` and `TOO_MANY_UPLOADS`, only from `append` and `flush`
   */
  openSpool(user: DiskUser, isSlow: boolean, length?: number, isBrief?: boolean): Promise<ReplayCopy>;
  /** Opens a spool in memory for a file of unknown length. It throws `error` once there is no room. */
  openInMemory(error: unknown): ReplayCopy;
  /** Whether a copy of this length would be in memory. */
  hasMemory(length: number): boolean;
  /** Memory of the copies that are open, in bytes. */
  bytesInMemory(): number;
}

/** So much of the folder's file system counts as room. */
const USABLE_SHARE = 15 / 16;
/** At most this share of the memory is for one copy. Else a few large files would leave none for the others. */
const LARGEST_SHARE = 1 / 4;

/**
 * Opens copies in memory while they fit into `maxBytes` together, else on disk. The expected length of a file decides, so no copy
 * moves from memory to disk. None waits for memory, so a stalled client delays nobody.
 *
 * @param onFailure called once, with the first error of the temporary folder
 */
export function openCopies(
  capacity: Capacity,
  maxBytes: number,
  onFailure: (error: unknown) => void,
): Copies {
  let taken = 0;
  let reported = false;
  let bounded: { readonly folder: string; readonly done: Promise<void> } | undefined;
  const report = (error: unknown): void => {
    if (!reported) onFailure(error);
    reported = true;
  };
  const fits = (bytes: number, own: number): boolean =>
    own + bytes <= maxBytes * LARGEST_SHARE && taken + bytes <= maxBytes;
  const bound = async (folder: string): Promise<void> => {
    const { isInMemory, size } = await systemOf(folder);
    // In memory it takes no more than `maxBufferedBytes`. A file takes whole blocks, and has them until it is closed.
    const most = isInMemory ? capacity.rules.maxBufferedBytes : Number.POSITIVE_INFINITY;
    capacity.disk.most = Math.min(size * USABLE_SHARE, most);
  };
  const onDisk = async (user: DiskUser, isSlow: boolean): Promise<ReplayCopy> => {
    // TMPDIR can be set at any time.
    const folder = tmpdir();
    if (bounded?.folder !== folder) bounded = { folder, done: bound(folder) };
    await bounded.done;
    return openTemporaryFile(user, isSlow);
  };
  const inMemory = (length: number): ReplayCopy => {
    taken += length;
    return memoryCopy(() => {
      taken -= length;
    });
  };
  /** A copy in memory of unknown length, with the same limits as the others there. */
  const growing = (error: unknown): ReplayCopy => {
    let own = 0;
    const copy = memoryCopy(() => {
      taken -= own;
    });
    return {
      ...copy,
      append: (chunk) => {
        if (!fits(chunk.length, own)) throw error;
        own += chunk.length;
        taken += chunk.length;
        return copy.append(chunk);
      },
    };
  };
  return {
    openInMemory: (error) => {
      if (isTemporaryFileFailed(error)) report(error);
      return growing(error);
    },
    hasMemory: (length) => fits(length, 0),
    bytesInMemory: () => taken,
    open: async (length, user) =>
      fits(length, 0) ? inMemory(length) : openDispensable(onDisk(user, false), report),
    openSpool: async (user, isSlow, length, isBrief = false) => {
      if (isBrief && length !== undefined && fits(length, 0)) return inMemory(length);
      return onDisk(user, isSlow).catch((error: unknown) => {
        if (isTemporaryFileFailed(error)) report(error);
        if (length === undefined) return growing(error);
        return fits(length, 0) ? inMemory(length) : unwritable(error);
      });
    },
  };
}

/** Opens a copy that we give up if it cannot be written. It then takes nothing any more, and its file is sent without it. */
async function openDispensable(
  opening: Promise<ReplayCopy>,
  report: (error: unknown) => void,
): Promise<ReplayCopy> {
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    // That there is no room left is no fault of the folder.
    if (isTemporaryFileFailed(error)) report(error);
  };
  const copy = await opening.catch((error: unknown) => {
    fail(error);
    return unwritable(error);
  });
  const giveUp = (error: unknown): void => {
    fail(error);
    // Other files need the space on a full disk.
    void copy.close();
  };
  return {
    size: () => copy.size(),
    lost: () => failure !== undefined,
    hasRoom: (bytes) => !failure && copy.hasRoom(bytes),
    append: (chunk) => (failure ? undefined : copy.append(chunk)?.catch(giveUp)),
    leavePool: async () => (failure ? undefined : copy.leavePool().catch(giveUp)),
    flush: async () => {
      if (!failure) await copy.flush().catch(giveUp);
      if (failure) throw failure.error;
    },
    reader: (from) => {
      const read = copy.reader(from);
      return () => (failure ? Promise.reject(failure.error) : read());
    },
    close: () => copy.close(),
  };
}

const LOST: ReadonlySet<unknown> = new Set<ImgwireErrorCode>(['TEMPORARY_FILE_FAILED', 'TOO_MANY_UPLOADS']);

/** Whether a copy could not be written, or there was no room for it. */
export const isCopyLost = (error: unknown): boolean => isImgwireError(error) && LOST.has(error.code);

/** A copy that takes nothing: there is no file for it. */
const unwritable = (error: unknown): ReplayCopy => ({
  size: () => 0,
  lost: () => true,
  hasRoom: () => false,
  append: () => Promise.reject(error),
  leavePool: () => Promise.reject(error),
  flush: () => Promise.reject(error),
  reader: () => () => Promise.reject(error),
  close: async () => undefined,
});
