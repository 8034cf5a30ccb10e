import type { Readable } from 'node:stream';
import { types } from 'node:util';
import { type Signal, whenAborted } from '../cancellation.ts';
import { ImgwireError, type ImgwireErrorCode, isForClient } from '../errors.ts';
import { formatBytes } from '../options/units.ts';
import type { ReadChunk } from './upload-body.ts';

/**
 * Reads a stream chunk by chunk. Once it has failed, every read fails: a stream's own iterator reports the end after an error,
 * and half a file would pass for a complete one.
 *
 * @param failure the code of an error of the stream itself
 */
export function reader(stream: Readable, failure: ImgwireErrorCode): ReadChunk {
  const chunks: AsyncIterator<unknown, undefined> = stream[Symbol.asyncIterator]();
  let failed: unknown;
  const next = async (): Promise<Uint8Array | undefined> => {
    if (failed) throw failed;
    const { done, value } = await chunks.next();
    if (done) return undefined;
    // A stream with an encoding emits strings: the bytes of the file are lost.
    if (!types.isUint8Array(value))
      throw new TypeError('The stream yields text, not bytes: leave out its encoding');
    return value;
  };
  return () =>
    next().catch((error: unknown) => {
      failed = isForClient(error) ? error : new ImgwireError(failure, { cause: error });
      throw failed;
    });
}

/** Makes reads reject with the signal's reason when it aborts, whatever the source does. */
export function abortable(read: ReadChunk, signal: Signal): ReadChunk {
  let giveUp = (_reason: unknown): void => undefined;
  // One listener for all reads: a file has thousands.
  whenAborted(signal, (reason) => giveUp(reason));
  return () =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      giveUp = reject;
      read().then(resolve, reject);
    });
}

/** Makes reads fail at the first byte above `fileSize`, so that no file is truncated. */
export function limited(read: ReadChunk, fileSize: number): ReadChunk {
  let size = 0;
  return async () => {
    const chunk = await read();
    size += chunk?.length ?? 0;
    if (size > fileSize) throw fileTooLarge(fileSize);
    return chunk;
  };
}

/** A file that is larger than it may be, in bytes. */
export const fileTooLarge = (fileSize: number): ImgwireError =>
  new ImgwireError('LIMIT_FILE_SIZE', { message: `The file is larger than ${formatBytes(fileSize)}.` });
