import type { Dimensions } from './image-bytes.ts';
import { FileWindow } from './image-window.ts';

/** Bytes that a reader needs to go on. At the end of the file it gets fewer. */
export interface Wanted {
  readonly at: number;
  readonly length: number;
}

/** Reports a size. Anything that is not a size is ignored. */
export type Found = (width: number, height: number) => void;

/**
 * Walks a file of one type from header to header, and reports the sizes that a decoder would allocate. It requests the bytes
 * it needs and, where the format allows, only in forward order, so that it can follow a stream. It never requests the same
 * bytes twice: it terminates for any file.
 *
 * @param missed reports that there may be sizes that are not searched for
 * @returns `other` for a file that is not what its first bytes say
 */
export type Reader = (
  file: FileWindow,
  found: Found,
  missed: () => void,
) => Generator<Wanted, 'other' | void, void>;

/** The state of a reader in a file. */
export interface ImageWalk {
  /** The bytes it needs to go on; undefined at its end. */
  readonly wanted: Wanted | undefined;
  /** The largest size so far. */
  readonly size: Dimensions | undefined;
  /** Whether it has finished, and missed nothing. */
  readonly isComplete: boolean;
  /** Whether the file is not what its first bytes say. */
  readonly isOther: boolean;
  /** Gives it bytes of the file. @param ended whether the file ends with them */
  show(at: number, bytes: Uint8Array, ended: boolean): void;
}

const NONE = new Uint8Array();

/** Starts a walk. It never throws, whatever the file contains. */
export function walk(reader: Reader): ImageWalk {
  const file = new FileWindow();
  let size: Dimensions | undefined;
  let isComplete = true;
  let isOther = false;
  const found: Found = (width, height) => {
    const areLengths = [width, height].every((length) => Number.isSafeInteger(length) && length > 0);
    if (areLengths && width * height > (size ? size.width * size.height : 0)) size = { width, height };
  };
  const missed = (): void => {
    isComplete = false;
  };
  const steps = reader(file, found, missed);
  const go = (ended: boolean): Wanted | undefined => {
    try {
      const step = steps.next();
      if (!step.done) return step.value;
      isOther = step.value === 'other';
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // Beyond the end of a file decoders find nothing either.
      if (!ended) missed();
    }
    return undefined;
  };
  let wanted = go(false);
  return {
    get wanted() {
      return wanted;
    },
    get size() {
      return size;
    },
    get isComplete() {
      return isComplete && !wanted;
    },
    get isOther() {
      return isOther;
    },
    show: (at, bytes, ended) => {
      file.show(at, bytes);
      while (wanted && wanted.at >= at && (ended || !file.lacks(wanted.at, wanted.length)))
        wanted = go(ended);
      file.show(0, NONE);
    },
  };
}
