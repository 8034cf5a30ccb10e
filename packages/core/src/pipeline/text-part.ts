import type { Writable } from 'node:stream';
import { ImgwireUploadError } from '../errors.ts';
import { contentType } from './boundary.ts';

/** The bytes of a text part, as they are fed to the parser. */
export interface TextPart {
  add(bytes: Buffer): void;
  /** The part has ended, and the parser has told of it. */
  end(): void;
}

/** busboy's own limit on the headers of a part, and the line ends around them. */
const HEADER_BYTES = 17 * 1024;

/** What a text field may say that it is; a part of any other type is a file, whatever it lacks. */
const TEXT = /^(text\/.+|application\/(.+\+)?(json|xml)|application\/x-www-form-urlencoded)$/;

type OnField = (name: string, value: string | undefined, info: { readonly mimeType: string }) => void;

/**
 * Stands between the parser and multer for text fields. busboy takes every part without a file name for a text, but for
 * `application/octet-stream`, and gives up on a charset that it does not know: the value is then undefined. So the bytes
 * are kept, within the limit of a field, until the parser has told of it.
 *
 * @param refuse called with `MALFORMED_MULTIPART` for a part that is no text, and for a charset that nobody knows
 */
export function readTextParts(
  parser: Writable,
  fieldSize: number,
  refuse: (error: ImgwireUploadError) => void,
): TextPart {
  let kept: Buffer[] = [];
  let room = HEADER_BYTES + fieldSize;
  const listeners = parser.listeners('field') as OnField[];
  parser.removeAllListeners('field');
  parser.on('field', (name: string, value: string | undefined, info: { readonly mimeType: string }) => {
    try {
      if (!TEXT.test(info.mimeType)) throw malformed(`A part of the type ${info.mimeType} has no file name.`);
      const text = value ?? decode(Buffer.concat(kept));
      for (const listener of listeners) listener(name, text, info);
    } catch (error) {
      refuse(error as ImgwireUploadError);
    }
  });
  return {
    add: (bytes) => {
      room -= bytes.length;
      if (room >= 0) kept.push(bytes);
    },
    end: () => {
      kept = [];
      room = HEADER_BYTES + fieldSize;
    },
  };
}

/** The text of a part, by the charset that its first Content-Type names. */
function decode(part: Buffer): string {
  const end = part.indexOf('\r\n\r\n');
  const headers = part.toString('latin1', 0, end).replaceAll(/\r\n(?=[ \t])/g, '');
  const [, type] = /^content-type:(.*)$/im.exec(headers) ?? [];
  const charset = contentType(type)?.params.get('charset') ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(part.subarray(end + 4));
  } catch (cause) {
    throw malformed('A text of the form is in a charset that is not known.', cause);
  }
}

const malformed = (message: string, cause?: unknown): ImgwireUploadError =>
  new ImgwireUploadError('MALFORMED_MULTIPART', { message, cause });
