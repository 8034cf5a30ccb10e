import type { Dimensions } from './image-bytes.ts';
import { SIZE_READERS } from './image-sizes.ts';
import type { ImageType } from './image-type.ts';
import { ImageWalk, type Wanted } from './image-walk.ts';

/** A complete file that can be read from any offset. */
export interface WholeFile {
  readonly length: number;
  /** The bytes from that offset on: all at once, or chunk by chunk, undefined at the end. */
  body(from?: number): Uint8Array | (() => Promise<Uint8Array | undefined>);
}

/**
 * Finds the size of an image of a known type while its file streams. It buffers only what it inspects: 128 KiB at most. A class,
 * see {@link ImageWalk}.
 */
export class ImageMeter {
  readonly #image: ImageWalk;
  #position = 0;
  // The latest bytes of the stream, from the requested offset on; none if that is still to come.
  #kept: Uint8Array[] = [];
  #from = 0;

  constructor(type: ImageType) {
    this.#image = new ImageWalk(SIZE_READERS[type]);
  }

  /** The largest size so far. */
  get size(): Dimensions | undefined {
    return this.#image.size;
  }

  /** Whether that is final: nothing that counts was missed, or is still to come. */
  get isKnown(): boolean {
    return this.#image.isComplete && this.size !== undefined;
  }

  /** Whether the file is not what its first bytes say: a camera raw. */
  get isOther(): boolean {
    return this.#image.isOther;
  }

  /** Takes the next chunk. */
  pass(chunk: Uint8Array): void {
    this.#position += chunk.length;
    const position = this.#position;
    const { wanted } = this.#image;
    if (!wanted || wanted.at >= position || wanted.at < this.#from) {
      this.#from = position;
      return;
    }
    this.#kept.push(chunk);
    const isFirst = this.#kept.length === 1;
    const isThere = position >= wanted.at + wanted.length;
    if (!isThere && !isFirst) return;
    const bytes = this.#join();
    if (isThere) this.#image.show(this.#from, bytes, false);
    this.#keep(bytes);
  }

  /** The stream has ended. What was not found in it is searched for in the whole file, if that can be read again. */
  async end(whole?: WholeFile): Promise<void> {
    const image = this.#image;
    const position = this.#position;
    const length = whole?.length ?? position;
    for (let { wanted } = image; wanted; { wanted } = image) {
      if (wanted.at >= length) image.show(wanted.at, new Uint8Array(), true);
      else if (wanted.at >= this.#from && position === length) image.show(this.#from, this.#join(), true);
      else if (whole) {
        const bytes = await bytesFrom(whole, wanted);
        image.show(wanted.at, bytes, bytes.length < wanted.length);
      } else return;
    }
  }

  #join(): Uint8Array {
    const [only] = this.#kept;
    return this.#kept.length === 1 && only ? only : Buffer.concat(this.#kept);
  }

  #keep(bytes: Uint8Array): void {
    const { wanted } = this.#image;
    const from = this.#from;
    const isHere = wanted && wanted.at >= from && wanted.at < this.#position;
    // A copy: the chunk may be part of a large buffer.
    this.#kept = isHere ? [Buffer.from(bytes.subarray(wanted.at - from))] : [];
    this.#from = isHere ? wanted.at : this.#position;
  }
}

/** So many bytes from that offset on, or more; fewer at the end of the file. */
async function bytesFrom(file: WholeFile, { at, length }: Wanted): Promise<Uint8Array> {
  const body = file.body(at);
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for (let size = 0; size < length; ) {
    const chunk = await body();
    if (!chunk) break;
    chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks);
}
