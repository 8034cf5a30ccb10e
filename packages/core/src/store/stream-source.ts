import type { Readable } from 'node:stream';
import { types } from 'node:util';
import { type ImgwireErrorCode, ImgwireUploadError, isImgwireUploadError } from '../base/errors.ts';
import type { Read } from './content.ts';

/**
 * Reads a stream chunk by chunk. Once it has failed it fails for good; a stream's own iterator says "end" after its error,
 * and half a file would pass for a whole.
 *
 * @param failure the code of an error of the stream itself
 */
export function reader(stream: Readable, failure: ImgwireErrorCode): Read {
  const chunks: AsyncIterator<unknown, undefined> = stream[Symbol.asyncIterator]();
  let failed: unknown;
  const next = async (): Promise<Uint8Array | undefined> => {
    if (failed) throw failed;
    const { done, value } = await chunks.next();
    if (done) return undefined;
    // A stream with an encoding gives text: its bytes are no longer those of the file.
    if (!types.isUint8Array(value)) throw new TypeError('The stream does not give bytes');
    return value;
  };
  return () =>
    next().catch((error: unknown) => {
      failed = isImgwireUploadError(error) ? error : new ImgwireUploadError(failure, { cause: error });
      throw failed;
    });
}

/** Lets no read wait beyond its signal, whatever its source does: it then rejects with the signal's reason. */
export function abortable(read: Read, signal: AbortSignal): Read {
  let giveUp = (_reason: unknown): void => undefined;
  // One listener for all the reads: a file has thousands.
  signal.addEventListener('abort', () => giveUp(signal.reason), { once: true });
  return () =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      giveUp = reject;
      read().then(resolve, reject);
    });
}

/** Counts what is read: the first byte above `fileSize` bytes is an error, not a truncated file. */
export function limited(read: Read, fileSize: number): Read {
  let size = 0;
  return async () => {
    const chunk = await read();
    size += chunk?.length ?? 0;
    if (size <= fileSize) return chunk;
    throw new ImgwireUploadError('LIMIT_FILE_SIZE', {
      message: `The file is larger than ${fileSize} bytes.`,
    });
  };
}
