import type { Dimensions, Orientation } from './bytes.ts';
import { FileWindow } from './window.ts';

/** Bytes that a reader needs to go on. At the end of the file it gets fewer. */
export interface Wanted {
  readonly at: number;
  readonly length: number;
}

/** Reports a size. Anything that is not a size is ignored. */
export type Found = (width: number, height: number) => void;

/** Reports an EXIF orientation. The first counts; anything that is not one is ignored. */
export type Turned = (orientation: number) => void;

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
  turned: Turned,
) => Generator<Wanted, 'other' | void, void>;

const NONE = new Uint8Array();

/**
 * The state of a reader in a file. It never throws, whatever the file contains. A class: V8 makes a dictionary of each object
 * literal with a getter.
 */
export class HeaderReader {
  readonly #file = new FileWindow();
  readonly #steps: ReturnType<Reader>;
  #wanted: Wanted | undefined;
  #size: Dimensions | undefined;
  #orientation: Orientation | undefined;
  #missed: boolean;
  #isOther = false;

  constructor(reader: Reader) {
    this.#missed = false;
    this.#steps = reader(this.#file, this.#found, this.#miss, this.#turned);
    this.#wanted = this.#go(false);
  }

  /** The bytes it needs to go on; undefined at its end. */
  get wanted(): Wanted | undefined {
    return this.#wanted;
  }

  /** The largest size so far. */
  get size(): Dimensions | undefined {
    return this.#size;
  }

  /** The EXIF orientation, if a header has one. */
  get orientation(): Orientation | undefined {
    return this.#orientation;
  }

  /** Whether it has finished, and missed nothing. */
  get isComplete(): boolean {
    return !(this.#missed || this.#wanted);
  }

  /** Whether the file is not what its first bytes say. */
  get isOther(): boolean {
    return this.#isOther;
  }

  /** Gives it bytes of the file. @param ended whether the file ends with them */
  show(at: number, bytes: Uint8Array, ended: boolean): void {
    const file = this.#file;
    file.show(at, bytes);
    for (let wanted = this.#wanted; wanted && wanted.at >= at; wanted = this.#wanted) {
      if (!ended && file.lacks(wanted.at, wanted.length)) break;
      this.#wanted = this.#go(ended);
    }
    file.show(0, NONE);
  }

  readonly #found: Found = (width, height) => {
    const areLengths = [width, height].every((length) => Number.isSafeInteger(length) && length > 0);
    const size = this.#size;
    if (areLengths && width * height > (size ? size.width * size.height : 0)) this.#size = { width, height };
  };

  readonly #turned: Turned = (orientation) => {
    if (orientation >= 1 && orientation <= 8) this.#orientation ??= orientation as Orientation;
  };

  readonly #miss = (): void => {
    this.#missed = true;
  };

  /** Lets the reader go on; returns what it needs next. */
  #go(ended: boolean): Wanted | undefined {
    try {
      const step = this.#steps.next();
      if (!step.done) return step.value;
      this.#isOther = step.value === 'other';
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // Beyond the end of a file decoders find nothing either.
      if (!ended) this.#miss();
    }
    return undefined;
  }
}
