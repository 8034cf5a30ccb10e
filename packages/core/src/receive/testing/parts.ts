import fc from 'fast-check';
import { utf8, weighted } from './arbitraries.ts';
import { fileDispositions, textDispositions } from './dispositions.ts';

/** A part of a form, in latin1: a character for each byte. */
export interface Part {
  readonly headers: readonly string[];
  readonly content: Content;
}

/** A content may look like the boundary. */
export type Content = (boundary: string) => string;

/** What a client says of an image; its value has no meaning for a file. */
const fileTypes = weighted(
  [8, fc.constantFrom('image/png', 'image/jpeg', 'application/octet-stream')],
  [
    1,
    fc.constantFrom('', 'image', 'image/png;', 'text/plain; charset=latin1', 'multipart/mixed; boundary=x'),
  ],
  [2, fc.constant(undefined)],
);
const textTypes = weighted(
  [30, fc.constant(undefined)],
  [
    8,
    fc.constantFrom(
      'text/plain',
      'text/plain; charset=utf-8',
      'Text/Plain;charset="UTF-8"',
      'text/plain; charset=UTF8; format=flowed',
      'application/json',
      '',
      'application/ld+json',
    ),
  ],
  [
    4,
    fc.constantFrom(
      'text/plain; charset=iso-8859-1',
      'text/plain; charset=windows-1251',
      'text/plain; charset=utf-16le',
      'text/plain; charset="Shift_JIS"',
      'text/plain; charset=us-ascii',
    ),
  ],
  [
    2,
    fc.constantFrom(
      'application/octet-stream',
      'application/octet-stream; charset=latin1',
      'image/png',
      'application/pdf',
      'multipart/mixed; boundary=x',
    ),
  ],
  [
    1,
    fc.constantFrom(
      'text',
      'text/plain;',
      'text/plain; charset',
      'text/plain; charset=a; charset=b',
      'text/plain; charset=unknown',
      '; charset=utf-8',
      'text/plain, a/b',
      'text/plain; charset=""',
      'application/octet-stream;',
    ),
  ],
);
const TIDY_HEADERS = [
  ...[
    'Content-Length: 5',
    'MIME-Version: 1.0',
    'X-Sent-By: a: b',
    'Content-ID: <a@b>',
    'X-Empty:',
    'x:y',
    `X-Word: ${utf8('é')}`,
  ],
  ...[
    'Content-Transfer-Encoding: binary',
    'Content-Transfer-Encoding: 8bit',
    'content-transfer-encoding: 7BIT',
    'Content-Encoding: identity',
    'X-Folded: a\r\n b\r\n\tc',
  ],
];
const WILD_HEADERS = [
  ...[
    'Content-Transfer-Encoding: base64',
    'Content-Transfer-Encoding: quoted-printable',
    'Content-Transfer-Encoding:',
    'Content-Transfer-Encoding: binary ',
  ],
  ...[
    'Content-Encoding: gzip',
    'Content-Range: bytes 0-4/9',
    'Content-Type: text/html',
    'Content-Disposition: form-data; name="twice"',
    'Content-Disposition: attachment',
  ],
  ...[
    'No colon',
    'Space : x',
    ': x',
    '',
    ' folded',
    'X-Control: \x01',
    'X-Delete: \x7f',
    'X-Null: \0',
    `X-Long: ${'x'.repeat(16_000)}`,
    `X-Longer: ${'x'.repeat(17_000)}`,
  ],
  ...[2000, 3500].map((length) => Array.from({ length }, () => 'x:').join('\r\n')),
];
const headers = weighted<readonly string[]>(
  [30, fc.constant([])],
  [10, fc.array(fc.constantFrom(...TIDY_HEADERS), { maxLength: 3 })],
  [1, fc.array(fc.constantFrom(...WILD_HEADERS), { minLength: 1, maxLength: 1 })],
);

const CASES: readonly ((header: string) => string)[] = [
  (header) => header,
  (header) => header.toLowerCase(),
  (header) => header.toUpperCase(),
];
const cases = weighted([8, fc.constant(0)], [2, fc.nat(CASES.length - 1)]).map((at) => CASES[at] ?? String);
const colons = weighted(
  [40, fc.constant(': ')],
  [4, fc.constantFrom(':', ':\t', ':  ')],
  [1, fc.constant(':\r\n ')],
);
const ends = weighted([20, fc.constant('')], [1, fc.constantFrom(' ', '\t', ' \t')]);

const part = (
  dispositions: fc.Arbitrary<string>,
  types: fc.Arbitrary<string | undefined>,
  contents: fc.Arbitrary<Content>,
): fc.Arbitrary<Part> =>
  fc
    .tuple(dispositions, types, headers, fc.tuple(cases, colons, ends), fc.nat(7), contents)
    .map(([said, type, others, [cased, colon, end], order, content]) => {
      const lines = [`${cased('Content-Disposition')}${colon}${said}${end}`];
      if (type !== undefined) lines.push(`${cased('Content-Type')}${colon}${type}`);
      lines.push(...others);
      return { headers: order === 0 ? lines.reverse() : lines, content };
    });

/** Parts that are files, with contents as given. */
export const filePart = (contents: fc.Arbitrary<Content>): fc.Arbitrary<Part> =>
  part(fileDispositions, fileTypes, contents);

/** Parts that are texts, or nearly so, with contents as given. */
export const textPart = (contents: fc.Arbitrary<Content>): fc.Arbitrary<Part> =>
  part(textDispositions, textTypes, contents);
