import type { Writable } from 'node:stream';
import { ImgwireUploadError } from '../base/errors.ts';

/**
 * Accounts for every part of a form. The parser silently drops some (with an unreadable disposition, or after a
 * delimiter without a CRLF), and emits two after one delimiter when the headers before it were still open:
 * then it continues with them, and never ends the first.
 *
 * @returns a function to call when the parser was fed a delimiter; it throws an ImgwireUploadError `MALFORMED_MULTIPART`
 *   unless the parser has emitted one part for each delimiter before
 */
export function accountParts(parser: Writable): () => void {
  let emitted = 0;
  let delimiters = 0;
  let limited = false;
  for (const part of ['file', 'field']) parser.prependListener(part, () => emitted++);
  // Parts above a limit are not emitted: the form is rejected for the limit.
  for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit']) {
    parser.prependListener(limit, () => {
      limited = true;
    });
  }
  return () => {
    const parts = delimiters++;
    // While it waits for the reader of a file that multer drops, it emits nothing. Such a form is rejected anyway.
    if (limited || parser.writableLength > 0 || emitted === parts) return;
    throw new ImgwireUploadError('MALFORMED_MULTIPART', { message: 'A part of the form cannot be read.' });
  };
}
