import type { Dimensions } from './image-bytes.ts';
import { SIZE_READERS } from './image-sizes.ts';
import type { ImageType } from './image-type.ts';
import { type Wanted, walk } from './image-walk.ts';

/** A complete file that can be read from any offset. */
export interface WholeFile {
  readonly length: number;
  /** The bytes from that offset on: all at once, or chunk by chunk, undefined at the end. */
  body(from?: number): Uint8Array | (() => Promise<Uint8Array | undefined>);
}

/** Finds the size of an image while its file streams. */
export interface ImageMeter {
  /** The largest size so far. */
  readonly size: Dimensions | undefined;
  /** Whether that is final: nothing that counts was missed, or is still to come. */
  readonly isKnown: boolean;
  /** Whether the file is not what its first bytes say: a camera raw. */
  readonly isOther: boolean;
  /** Takes the next chunk. */
  pass(chunk: Uint8Array): void;
  /** The stream has ended. What was not found in it is searched for in the whole file, if that can be read again. */
  end(whole?: WholeFile): Promise<void>;
}

/** Starts to measure an image of a known type. It buffers only what it inspects: 128 KiB at most. */
export function measureImage(type: ImageType): ImageMeter {
  const image = walk(SIZE_READERS[type]);
  let position = 0;
  // The latest bytes of the stream, from the requested offset on; none if that is still to come.
  let kept: Uint8Array[] = [];
  let from = 0;
  const join = (): Uint8Array => {
    const [only] = kept;
    return kept.length === 1 && only ? only : Buffer.concat(kept);
  };
  const keep = (bytes: Uint8Array): void => {
    const { wanted } = image;
    const isHere = wanted && wanted.at >= from && wanted.at < position;
    // A copy: the chunk may be part of a large buffer.
    kept = isHere ? [Buffer.from(bytes.subarray(wanted.at - from))] : [];
    from = isHere ? wanted.at : position;
  };
  return {
    get size() {
      return image.size;
    },
    get isKnown() {
      return image.isComplete && image.size !== undefined;
    },
    get isOther() {
      return image.isOther;
    },
    pass: (chunk) => {
      position += chunk.length;
      const { wanted } = image;
      if (!wanted || wanted.at >= position || wanted.at < from) from = position;
      else {
        kept.push(chunk);
        const isFirst = kept.length === 1;
        const isThere = position >= wanted.at + wanted.length;
        if (!isThere && !isFirst) return;
        const bytes = join();
        if (isThere) image.show(from, bytes, false);
        keep(bytes);
      }
    },
    end: async (whole) => {
      const length = whole?.length ?? position;
      for (let { wanted } = image; wanted; { wanted } = image) {
        if (wanted.at >= length) image.show(wanted.at, new Uint8Array(), true);
        else if (wanted.at >= from && position === length) image.show(from, join(), true);
        else if (whole) {
          const bytes = await bytesFrom(whole, wanted);
          image.show(wanted.at, bytes, bytes.length < wanted.length);
        } else return;
      }
    },
  };
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
