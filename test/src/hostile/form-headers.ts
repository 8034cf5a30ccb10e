import type { ImgwireErrorCode } from '@imgwire/core';

/** A header of a request or of a part, and what becomes of the form. */
export interface FormHeader {
  readonly name: string;
  /** With which of its values, for the page. */
  readonly value: string;
  /** Values to test it with. */
  readonly examples: readonly string[];
  /** Whether the form is stored, or what it is refused with. */
  readonly outcome: 'stored' | ImgwireErrorCode;
  /** Why, for the page. */
  readonly why: string;
}

const header = (
  name: string,
  value: string,
  outcome: FormHeader['outcome'],
  why: string,
  ...examples: readonly string[]
): FormHeader => ({ name, value, outcome, why, examples: examples.length > 0 ? examples : [value] });

/** Headers of a request that say something of its body. */
export const REQUEST_HEADERS: readonly FormHeader[] = [
  header(
    'Content-Encoding',
    'identity',
    'stored',
    'the bytes are the form',
    'identity',
    '',
    'Identity, identity',
  ),
  header(
    'Content-Encoding',
    'any other',
    'UNSUPPORTED_CONTENT_ENCODING',
    'the bytes are not the form; where something in front decodes them, it keeps the form as `rawBody`',
    ...['gzip', 'deflate', 'br', 'zstd', 'x-gzip', 'aws-chunked', 'identity, gzip', 'gzip, br', 'what'],
  ),
  header('Transfer-Encoding', 'chunked', 'stored', 'Node decodes it'),
  header(
    'Transfer-Encoding',
    'any other',
    'UNSUPPORTED_TRANSFER_ENCODING',
    'nobody decodes it',
    ...['gzip, chunked', 'deflate, chunked'],
  ),
  header(
    'Content-Range',
    'any',
    'UNSUPPORTED_CONTENT_RANGE',
    'a file in pieces, of which each would be an image that is cut off',
    ...['bytes 0-99/200', 'bytes 0-99/*'],
  ),
  header('Content-Language', 'any', 'stored', 'it is not about the bytes', 'de'),
  header('Content-Location', 'any', 'stored', 'it is not about the bytes', '/elsewhere'),
  header(
    'Content-Disposition',
    'any',
    'stored',
    'it is about the form as a whole',
    'attachment; filename="f"',
  ),
  header('MIME-Version', 'any', 'stored', 'it has no meaning in HTTP', '1.0'),
  header('Content-Digest', 'any', 'stored', 'it is not checked (RFC 9530, section 2)', 'sha-256=:AAAA:'),
];

/** Headers of a part with a file. */
export const FILE_HEADERS: readonly FormHeader[] = [
  header(
    'Content-Type',
    'any',
    'stored',
    'the type is read from the bytes',
    ...['image/png', 'application/octet-stream', 'text/plain', 'image/png, image/jpeg', 'what'],
  ),
  header(
    'Content-Type',
    'twice',
    'MALFORMED_MULTIPART',
    'two meanings',
    'image/png\r\nContent-Type: text/plain',
  ),
  header(
    'Content-Transfer-Encoding',
    '7bit, 8bit, binary',
    'stored',
    'the bytes are the file',
    '7bit',
    '8BIT',
    'binary',
  ),
  header(
    'Content-Transfer-Encoding',
    'any other',
    'MALFORMED_MULTIPART',
    'the bytes are not the file',
    ...['base64', 'quoted-printable', 'x-uuencode', 'binary\r\nContent-Transfer-Encoding: base64'],
  ),
  header(
    'Content-Encoding',
    'any but identity',
    'MALFORMED_MULTIPART',
    'the bytes are not the file',
    'gzip',
    'br',
  ),
  header('Content-Range', 'any', 'MALFORMED_MULTIPART', 'the file is in pieces', 'bytes 0-99/200'),
  header(
    'Content-Disposition',
    'twice',
    'MALFORMED_MULTIPART',
    'two meanings',
    'form-data; name="b"; filename="b.png"',
    'form-data; name="a"',
  ),
  header('Content-Length', 'any', 'stored', 'a part ends at its delimiter', '5'),
  header('Content-ID', 'any', 'stored', 'RFC 7578, section 4.8: to be ignored', '<1@a>'),
  header('X-Anything', 'any', 'stored', 'RFC 7578, section 4.8: to be ignored', 'ü'),
];

/** Headers of a part without a file name. */
export const TEXT_HEADERS: readonly FormHeader[] = [
  header(
    'Content-Type',
    'text, JSON, XML, form data',
    'stored',
    'it is a text',
    ...[
      'text/plain',
      'Text/HTML; charset=UTF-8',
      'application/json',
      'application/ld+json',
      'application/xml',
    ],
  ),
  header(
    'Content-Type',
    'any other',
    'MALFORMED_MULTIPART',
    'a file without its name',
    ...['image/png', 'application/octet-stream', 'multipart/mixed; boundary=b', 'application/pdf'],
  ),
  header(
    'Content-Type',
    'a list, or unreadable',
    'MALFORMED_MULTIPART',
    'it could be a file',
    ...['text/plain, image/png', 'text', 'text/plain; charset', 'text/plain\r\nContent-Type: image/png'],
  ),
  header(
    'charset',
    'that nobody knows',
    'MALFORMED_MULTIPART',
    'it cannot be read',
    'text/plain; charset=klingon',
  ),
];

/** Parameters of the `Content-Disposition` of a part. */
export const DISPOSITIONS: readonly FormHeader[] = [
  header('filename', 'any', 'stored', 'a file', 'name="a"; filename="a.png"', 'name=a; filename=a.png'),
  header(
    'filename*',
    'any',
    'stored',
    'its name, with a charset (RFC 8187)',
    `name="a"; filename*=UTF-8''%C3%BC.png`,
  ),
  header(
    'filename',
    'empty',
    'MALFORMED_MULTIPART',
    'a file without its name, unless there are no bytes either: then none was chosen',
    ...['name="a"; filename=""', 'name="a"; filename="/"'],
  ),
  header(
    'filename*0, filename*1*',
    'any',
    'MALFORMED_MULTIPART',
    'continuations (RFC 2231), which forms have not',
    ...['name="a"; filename*0="a."; filename*1="png"', `name="a"; filename*0*=UTF-8''a; filename*1*=.png`],
  ),
  header(
    'name, filename',
    'twice',
    'MALFORMED_MULTIPART',
    'two meanings',
    'name="a"; name="b"; filename="a.png"',
  ),
  header(
    'name*',
    'any',
    'MISSING_FIELD_NAME',
    'forms have none (RFC 7578, section 5.1.1)',
    `name*=UTF-8''a; filename="a.png"`,
  ),
  header('others', 'any', 'stored', 'not about the bytes', 'name="a"; filename="a.png"; size=5'),
];
