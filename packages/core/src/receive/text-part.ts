import { isUtf8 } from 'node:buffer';
import { type ContentType, malformed } from './part-headers.ts';

/** Types that a text may declare; a part of any other type is a file, even without a file name. */
const TEXT = /^(text\/.+|application\/(.+\+)?(json|xml)|application\/x-www-form-urlencoded)$/;

/** @throws ImgwireError `MALFORMED_MULTIPART` for a part without a file name that is no text */
export function assertText(type: ContentType | undefined): void {
  if (type && !TEXT.test(type.essence))
    throw malformed(`A part of the type ${type.essence} has no file name.`);
}

/**
 * Decodes a text: UTF-8, or what its part declares.
 *
 * @throws ImgwireError `MALFORMED_MULTIPART` for bytes that are no text in that charset: part of it would be lost
 */
export function decodeText(bytes: Buffer, charset = 'utf-8'): string {
  if (/^utf-?8$/i.test(charset)) {
    if (isUtf8(bytes)) return bytes.toString();
    throw malformed('A text of the form is not in UTF-8; send it in UTF-8, or as a file.');
  }
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformed('A text of the form is not in the charset that it declares; send it in UTF-8.', cause);
  }
}
