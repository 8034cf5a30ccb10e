import type { Copy } from './content.ts';
import { memoryCopy } from './memory-copy.ts';
import { openTemporaryFile } from './temporary-file.ts';

/** Where the bytes of files are kept until they are stored. */
export interface Copies {
  /**
   * Opens the copy of a file that is sent while it arrives, see {@link Copy.lost}: where it cannot be written the file is sent
   * without it. Never rejects.
   */
  open(length: number): Promise<Copy>;
  /**
   * Opens the copy of a file that is received before it is sent: on disk, or where the temporary folder cannot be used in memory,
   * as far as that goes.
   *
   * @throws ImgwireUploadError `TEMPORARY_FILE_FAILED`, only from `append`
   */
  openSpool(): Promise<Copy>;
}

/** The largest share of the memory for one copy: a few large files would leave none for the others. */
const LARGEST_SHARE = 1 / 4;

/**
 * Opens copies of files: in memory while they fit into `maxBytes` together, else on disk. The expected length of a file
 * decides, so no copy moves from memory to disk. None waits for memory, so a stalled client delays nobody.
 *
 * @param onFailure called once: with the first error of the temporary folder
 */
export function openCopies(maxBytes: number, onFailure: (error: unknown) => void): Copies {
  let taken = 0;
  let reported = false;
  const report = (error: unknown): void => {
    if (!reported) onFailure(error);
    reported = true;
  };
  const fits = (bytes: number, own: number): boolean =>
    own + bytes <= maxBytes * LARGEST_SHARE && taken + bytes <= maxBytes;
  /** A spool in memory, which can be no longer than a copy there. */
  const memorySpool = (error: unknown): Copy => {
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
    open: async (length) => {
      if (!fits(length, 0)) return dispensable(await openTemporaryFile().catch(unwritable), report);
      taken += length;
      return memoryCopy(() => {
        taken -= length;
      });
    },
    openSpool: () =>
      openTemporaryFile().catch((error: unknown) => {
        report(error);
        return memorySpool(error);
      }),
  };
}

/** A copy that is given up when it cannot be written, and then takes nothing any more: its file is sent without it. */
function dispensable(copy: Copy, report: (error: unknown) => void): Copy {
  let failure: { readonly error: unknown } | undefined;
  const giveUp = (error: unknown): void => {
    failure ??= { error };
    report(error);
    // Other files need the space on a full disk.
    void copy.close();
  };
  const flush = async (): Promise<void> => {
    if (!failure) await copy.flush().catch(giveUp);
    if (failure) throw failure.error;
  };
  return {
    ...copy,
    lost: () => failure !== undefined || copy.lost(),
    append: (chunk) => (failure ? undefined : copy.append(chunk)?.catch(giveUp)),
    flush,
    reader: (from) => {
      const read = copy.reader(from);
      return () => (failure ? Promise.reject(failure.error) : read());
    },
  };
}

/** A copy of nothing: there is no file for it. */
const unwritable = (error: unknown): Copy => ({
  size: () => 0,
  lost: () => true,
  append: () => Promise.reject(error),
  flush: () => Promise.reject(error),
  reader: () => () => Promise.reject(error),
  close: async () => undefined,
});
