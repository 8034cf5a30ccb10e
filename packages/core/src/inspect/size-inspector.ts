import { concat, type Dimensions, type Orientation } from './bytes.ts';
import { bmpSize, iconSizes } from './formats/bmp.ts';
import { gifSizes } from './formats/gif.ts';
import { heifSizes } from './formats/heif.ts';
import { jpegSize } from './formats/jpeg.ts';
import { jxlSize } from './formats/jxl.ts';
import { tiffSizes } from './formats/tiff.ts';
import { webpSizes } from './formats/webp.ts';
import { HeaderReader, type Reader, type Wanted } from './header-reader.ts';
import type { ImageType } from './type.ts';

/** A complete file that can be read from any offset. */
export interface SeekableFile {
  readonly length: number;
  /** The bytes from that offset on: all at once, or chunk by chunk, undefined at the end. */
  body(from?: number): Uint8Array | (() => Promise<Uint8Array | undefined>);
}

/**
 * Finds the size of an image of a known type while its file streams. It buffers only what it inspects: 128 KiB at most. A class,
 * see {@link HeaderReader}.
 */
export class SizeInspector {
  readonly #image: HeaderReader;
  #position = 0;
  // The latest bytes of the stream, from the requested offset on; none if that is still to come.
  #kept: Uint8Array[] = [];
  #from = 0;

  constructor(type: ImageType) {
    this.#image = new HeaderReader(SIZE_READERS[type]);
  }

  /** The largest size so far. */
  get size(): Dimensions | undefined {
    return this.#image.size;
  }

  /** The EXIF orientation of its pixels, if a header says it. */
  get orientation(): Orientation | undefined {
    return this.#image.orientation;
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
  async end(whole?: SeekableFile): Promise<void> {
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
    return this.#kept.length === 1 && only ? only : concat(this.#kept);
  }

  #keep(bytes: Uint8Array): void {
    const { wanted } = this.#image;
    const from = this.#from;
    const isHere = wanted && wanted.at >= from && wanted.at < this.#position;
    // A copy: the chunk may be part of a large buffer.
    this.#kept = isHere ? [new Uint8Array(bytes.subarray(wanted.at - from))] : [];
    this.#from = isHere ? wanted.at : this.#position;
  }
}

/** So many bytes from that offset on, or more; fewer at the end of the file. */
async function bytesFrom(file: SeekableFile, { at, length }: Wanted): Promise<Uint8Array> {
  const body = file.body(at);
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for (let size = 0; size < length; ) {
    const chunk = await body();
    if (!chunk) break;
    chunks.push(chunk);
    size += chunk.length;
  }
  return concat(chunks);
}

/** PNG, 11.2.1: IHDR comes first. No frame of an animation may exceed it (11.3.2.3), and decoders reject one that does. */
const pngSize: Reader = function* (file, found) {
  if (file.lacks(8, 16)) yield { at: 8, length: 16 };
  if (file.letters(12) === 'IHDR') found(file.u32(16), file.u32(20));
};

/**
 * The reader that finds the sizes in a file of each type.
 *
 * We have our own because image-size 2.1 requires whole files. It finds nothing in the head of a JPEG XL, reads beyond the end of
 * a `Buffer`, and takes 8 seconds for a crafted AVIF of 1 MiB.
 */
export const SIZE_READERS: Readonly<Record<ImageType, Reader>> = {
  'image/jpeg': jpegSize,
  'image/jxl': jxlSize,
  'image/png': pngSize,
  'image/webp': webpSizes,
  'image/avif': heifSizes,
  'image/gif': gifSizes,
  'image/vnd.microsoft.icon': iconSizes,
  'image/heic': heifSizes,
  'image/bmp': bmpSize,
  'image/tiff': tiffSizes,
};
