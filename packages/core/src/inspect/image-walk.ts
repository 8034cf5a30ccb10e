import type { Dimensions } from './image-bytes.ts';
import { type FileWindow, openWindow } from './image-window.ts';

/** Bytes that a reader must see to go on. Where the file ends it is shown fewer. */
export interface Wanted {
  readonly at: number;
  readonly length: number;
}

/** Tells a size. What is no size is not heeded. */
export type Found = (width: number, height: number) => void;

/**
 * Goes through a file of one type from header to header, and tells the sizes that a decoder would make room for. It asks for
 * what is not at hand, and, wherever the format allows, never for what has passed, so that it can go along with a file that
 * streams. It never asks for the same twice: whatever is in a file, it has an end.
 *
 * @param missed tells that there may be sizes that are not looked for
 * @returns `other` for a file that is not what its first bytes say
 */
export type Reader = (
  file: FileWindow,
  found: Found,
  missed: () => void,
) => Generator<Wanted, 'other' | void, void>;

/** A reader on its way through a file. */
export interface ImageWalk {
  /** What it must see to go on; undefined at its end. */
  readonly wanted: Wanted | undefined;
  /** The largest of the sizes so far. */
  readonly size: Dimensions | undefined;
  /** Whether it came to its end, and missed nothing. */
  readonly isComplete: boolean;
  /** Whether the file is not what its first bytes say. */
  readonly isOther: boolean;
  /** Shows it bytes of the file. @param ended whether the file ends with them */
  show(at: number, bytes: Uint8Array, ended: boolean): void;
}

/** Begins a walk. It never throws, whatever is in the file. */
export function walk(reader: Reader): ImageWalk {
  const file = openWindow();
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
      // What lies behind the end of a file is not there for a decoder either.
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
      file.show(0, new Uint8Array());
    },
  };
}
