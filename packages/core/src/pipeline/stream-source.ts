import type { Readable } from 'node:stream';
import { type ImgwireErrorCode, ImgwireUploadError, isImgwireUploadError } from '../errors.ts';
import type { FilePart } from './form.ts';
import type { FileSource } from './length.ts';
import type { IncomingFile } from './store-file.ts';

/**
 * Reads a stream chunk by chunk and counts: the first byte above the limit is an error, not a truncated file. Once it has
 * failed it fails for good; a stream's own iterator says "end" after its error, and half a file would pass for a whole.
 *
 * @param fileSize longest file that is taken, bytes
 * @param failure the code of an error of the stream itself
 */
export function reader(stream: Readable, fileSize: number, failure: ImgwireErrorCode): FileSource['read'] {
  const chunks: AsyncIterator<unknown, undefined> = stream[Symbol.asyncIterator]();
  let size = 0;
  let failed: unknown;
  const next = async (): Promise<Uint8Array | undefined> => {
    if (failed) throw failed;
    const { done, value } = await chunks.next();
    if (done) return undefined;
    // A stream with an encoding gives text: its bytes are no longer those of the file.
    if (!(value instanceof Uint8Array)) throw new TypeError('The stream does not give bytes');
    size += value.length;
    if (size > fileSize) {
      throw new ImgwireUploadError('LIMIT_FILE_SIZE', {
        message: `The file is larger than ${fileSize} bytes.`,
      });
    }
    return value;
  };
  return () =>
    next().catch((error: unknown) => {
      failed = isImgwireUploadError(error) ? error : new ImgwireUploadError(failure, { cause: error });
      throw failed;
    });
}

/** A part of a form as a file on its way in. */
export function partSource(part: FilePart, fileSize: number): IncomingFile {
  const { fieldname, originalname, encoding, stream, lengthIfLast: expectedLength } = part;
  const read = reader(stream, fileSize, 'MALFORMED_MULTIPART');
  return { fieldname, originalname, encoding, expectedLength, expectedBy: 'computed', read };
}
