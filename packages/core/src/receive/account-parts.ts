import type { Writable } from 'node:stream';
import { ImgwireUploadError } from '../base/errors.ts';

/**
 * Accounts for every part of a form. The parser drops some without a word (of a disposition that it cannot read, behind a
 * delimiter that no line end follows), and tells of two behind one delimiter when the headers before it were still open:
 * then it goes on with them, and never ends the first.
 *
 * @returns what is to be called when the parser was fed a delimiter; it throws an ImgwireUploadError `MALFORMED_MULTIPART`
 *   unless the parser has told of one part for each delimiter before
 */
export function accountParts(parser: Writable): () => void {
  let told = 0;
  let delimiters = 0;
  let limited = false;
  for (const part of ['file', 'field']) parser.prependListener(part, () => told++);
  // Of the parts above a limit it tells no more: the form is refused for the limit.
  for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit']) {
    parser.prependListener(limit, () => {
      limited = true;
    });
  }
  return () => {
    const parts = delimiters++;
    // While it waits for the reader of a file that multer drops, it tells of nothing. Such a form is refused as well.
    if (limited || parser.writableLength > 0 || told === parts) return;
    throw new ImgwireUploadError('MALFORMED_MULTIPART', { message: 'A part of the form cannot be read.' });
  };
}
