import type { Writable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { ImgwireUploadError } from '../base/errors.ts';
import { contentType } from './boundary.ts';

/** The bytes of a text part, as they are fed to the parser. */
export interface TextPart {
  add(bytes: Buffer): void;
  /** The part has ended, and the parser has emitted it. */
  end(): void;
}

/** busboy's own limit on the headers of a part, and the CRLFs around them. */
const HEADER_BYTES = 17 * 1024;

/** Types that a text field may declare; a part of any other type is a file, even without a file name. */
const TEXT = /^(text\/.+|application\/(.+\+)?(json|xml)|application\/x-www-form-urlencoded)$/;

type OnField = (name: string, value: string | undefined, info: object) => void;

/**
 * Intercepts text fields between the parser and multer. busboy treats every part without a file name as text, except
 * `application/octet-stream`, and gives up on a charset that it does not know: the value is then undefined. So the bytes
 * are buffered, within the limit of a field, until the parser has emitted the field.
 *
 * @param refuse called with `MALFORMED_MULTIPART` for a part that is not text, and for an unknown charset
 */
export function readTextParts(
  parser: Writable,
  fieldSize: number,
  refuse: (error: unknown) => void,
): TextPart {
  let kept: Buffer[] = [];
  let room = HEADER_BYTES + fieldSize;
  const listeners = parser.listeners('field') as OnField[];
  parser.removeAllListeners('field');
  parser.on('field', (name: string, value: string | undefined, info: object) => {
    try {
      const text = textOf(Buffer.concat(kept), value);
      for (const listener of listeners) listener(name, text, info);
    } catch (error) {
      refuse(error);
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

/** The text of a part; `parsed` is the parser's value. The first Content-Type counts, as in busboy. */
function textOf(part: Buffer, parsed: string | undefined): string | undefined {
  const end = part.indexOf('\r\n\r\n');
  const headers = part.toString('latin1', 0, end).replaceAll(/\r\n(?=[ \t])/g, '');
  const type = contentType(/^content-type:(.*)$/im.exec(headers)?.[1]);
  if (type && !TEXT.test(type.essence))
    throw malformed(`A part of the type ${type.essence} has no file name.`);
  if (parsed !== undefined) return parsed;
  try {
    return new TextDecoder(type?.params.get('charset') ?? undefined).decode(part.subarray(end + 4));
  } catch (cause) {
    throw malformed('A text of the form is in a charset that is not known.', cause);
  }
}

const malformed = (message: string, cause?: unknown): ImgwireUploadError =>
  new ImgwireUploadError('MALFORMED_MULTIPART', { message, cause });
