import { type ImgwireError, type ImgwireErrorCode, isImgwireError } from '../errors.ts';
import { readToEnd } from '../upload/find-length.ts';
import type { IncomingFile, ReceivedFile } from '../upload/store-file.ts';

/** What is wrong with one file, so that the others of its form can be stored. */
const OF_ONE_FILE: ReadonlySet<ImgwireErrorCode> = new Set<ImgwireErrorCode>([
  'EMPTY_FILE',
  'UNSUPPORTED_IMAGE_TYPE',
  'LIMIT_FILE_SIZE',
  'TOO_MANY_PIXELS',
  'IMAGE_TOO_SMALL',
  'PIXELS_UNKNOWN',
  'SCAN_REFUSED',
  'IMAGE_QUARANTINED',
]);

/**
 * Stores a file of a form. One that is rejected for what it is, is read to its end, so that the next part of the form follows.
 *
 * @param store stores it, and leaves nothing of it if that fails
 * @returns why it was rejected, instead of a stored file
 * @throws what is wrong with the whole request; the request's reason to abort
 */
export async function storeOrSkip(
  file: IncomingFile,
  store: (file: IncomingFile) => Promise<ReceivedFile>,
): Promise<ReceivedFile | ImgwireError> {
  let isLeft = false;
  let reading: Promise<unknown> | undefined;
  // To whoever still reads a rejected file, it has ended.
  const read = async (): Promise<Uint8Array | undefined> => {
    if (isLeft) return undefined;
    const next = file.read();
    reading = next;
    const chunk = await next;
    return isLeft ? undefined : chunk;
  };
  try {
    return await store({ ...file, read });
  } catch (error) {
    if (!isImgwireError(error) || !OF_ONE_FILE.has(error.code)) throw error;
    isLeft = true;
    await reading?.catch(() => undefined);
    await readToEnd(file);
    return error;
  }
}
