import fc from 'fast-check';
import type { FormLimits } from '../form.ts';
import { utf8, weighted } from './arbitraries.ts';
import { type CutForm, LIMITS } from './compare.ts';
import { mutations } from './mutations.ts';
import { type Content, filePart, type Part, textPart } from './parts.ts';

const BOUNDARIES = [
  ...[
    'b',
    '-',
    '--',
    'aab',
    '----WebKitFormBoundary7MA4YWxkTrZu0gW',
    '-----------------------------9051914041544843365972754266',
  ],
  ...["a'()+_,-./:=?b", 'a b', 'x'.repeat(70), 'X--'],
];

/** The ways to write a boundary into a Content-Type. */
const CONTENT_TYPES: readonly ((boundary: string) => string)[] = [
  (boundary) => `multipart/form-data; boundary=${/^[\w-]+$/.test(boundary) ? boundary : `"${boundary}"`}`,
  (boundary) => `multipart/form-data; boundary="${boundary}"`,
  (boundary) => `multipart/form-data;boundary="${boundary}";charset=utf-8`,
  (boundary) => `Multipart/Form-Data; charset="utf-8; boundary=x"; Boundary="${boundary}"`,
  (boundary) => `multipart/form-data; boundary="${boundary}"; boundary=second`,
];

/** The beginnings of a delimiter, and what is nearly one; `B` stands for the boundary. */
const lookAlikes: fc.Arbitrary<Content> = fc
  .array(
    fc.oneof(
      fc.nat(80),
      fc.constantFrom(
        '\r',
        '\n',
        '-',
        '\r\n',
        '\r\n--',
        '--',
        'B',
        '--B',
        '\n--B',
        'x',
        '\r\r\n--',
        '-B\r\n',
      ),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => (boundary) => {
    const delimiter = `\r\n--${boundary}`;
    const written = pieces.map((piece) =>
      typeof piece === 'number'
        ? delimiter.slice(0, piece % delimiter.length)
        : piece.replaceAll('B', boundary),
    );
    return written.join('');
  });

const verbatim = (texts: fc.Arbitrary<string>): fc.Arbitrary<Content> => texts.map((text) => () => text);
const binary = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const large = fc.integer({ min: 10_000, max: 40_000 }).map((length) => 'large\r\n-'.repeat(length / 8));
const TEXTS = [
  '',
  'hello',
  'two\r\nlines',
  utf8('größe 画像 😀'),
  utf8('\ufeffmarked'),
  '{"a":1}',
  'a\tb',
  '\0',
];
const LEGACY = ['gr\xf6\xdfe', '\xc3', '\xff\xfeh\x00i\x00', '\xcf\xf0', '\x83e'];

const fileContents = weighted(
  [60, verbatim(binary)],
  [10, verbatim(fc.constant(''))],
  [40, lookAlikes],
  [1, verbatim(large)],
);
const textContents = weighted(
  [12, verbatim(fc.constantFrom(...TEXTS))],
  [1, verbatim(fc.constantFrom(...LEGACY))],
  [2, lookAlikes],
);

/** What browsers send where no file was chosen. */
const NOT_CHOSEN: Part = {
  headers: [
    'Content-Disposition: form-data; name="none"; filename=""',
    'Content-Type: application/octet-stream',
  ],
  content: () => '',
};

const parts = fc.array(
  weighted([6, filePart(fileContents)], [9, textPart(textContents)], [1, fc.constant(NOT_CHOSEN)]),
  { maxLength: 4 },
);

const preambles = weighted(
  [30, fc.constant('')],
  [2, fc.constantFrom('\r\n', 'A form.\r\n', '\r\n\r\n', 'a\r\n--\r\n')],
  [1, fc.constantFrom('\n', 'text', '--', 'B\r\n', '--B', 'x--B\r\n', 'x--', '\r\nxB\r\n')],
);
/** What ends the line of a delimiter. */
const lineEnds = weighted(
  [120, fc.constant('\r\n')],
  [1, fc.constantFrom(' \r\n', '\t\r\n', '-\r\n', 'x\r\n', '--\r\n', '\n', '\r', '\n\n', '\n\r', '  ')],
);
const closings = weighted(
  [30, fc.constant('--\r\n')],
  [6, fc.constantFrom('--', '--\r\n\r\n', '--\r\nAn epilogue.\r\n', '--x', '-- \r\n')],
  [
    1,
    fc.constantFrom(
      '',
      '-',
      '\r\n',
      '--\r\n--B',
      '--\r\n--B--\r\n',
      '--\r\nB',
      '--\r\n--B\r\nContent-Disposition: form-data; name="late"\r\n\r\nlate\r\n--B--\r\n',
    ),
  ],
);

const encode = (
  boundary: string,
  found: readonly Part[],
  [preamble, lineEnd, closing]: readonly string[],
): string => {
  const lines = found.map(
    ({ headers, content }, i) =>
      `--${boundary}${i === 0 ? lineEnd : '\r\n'}${headers.join('\r\n')}\r\n\r\n${content(boundary)}\r\n`,
  );
  return `${preamble?.replaceAll('B', boundary)}${lines.join('')}--${boundary}${closing?.replaceAll('B', boundary)}`;
};

/** None; at every byte; or anywhere, and near line ends. */
const cutting = weighted<(body: string) => readonly number[]>(
  [2, fc.constant(() => [])],
  [1, fc.constant((body) => (body.length > 2000 ? [1, 2, 3] : Array.from(body.slice(1), (_, i) => i + 1)))],
  [
    7,
    fc
      .array(fc.tuple(fc.nat(10_000), fc.integer({ min: -2, max: 3 })), { minLength: 1, maxLength: 8 })
      .map(toCuts),
  ],
);

function toCuts(
  slots: readonly (readonly [at: number, near: number])[],
): (body: string) => readonly number[] {
  return (body) => {
    const found = slots.map(([at, near]) => {
      const anywhere = at % Math.max(1, body.length);
      const lineEnd = at % 2 === 0 ? -1 : body.indexOf('\r\n', anywhere);
      return lineEnd < 0 ? anywhere : lineEnd + near;
    });
    return [...new Set(found)].filter((cut) => cut > 0 && cut < body.length).sort((a, b) => a - b);
  };
}

/** Forms of all shapes that clients send, many of them damaged. */
export const forms: fc.Arbitrary<CutForm> = fc
  .tuple(
    fc.constantFrom(...BOUNDARIES),
    fc.constantFrom(...CONTENT_TYPES),
    parts,
    fc.tuple(preambles, lineEnds, closings),
    mutations,
    cutting,
  )
  .map(([boundary, contentType, found, around, changes, cut]) => {
    const text = changes.reduce((body, change) => change(body, boundary), encode(boundary, found, around));
    return toForm(contentType(boundary), boundary, text, cut(text));
  });

function toForm(contentType: string, boundary: string, text: string, cuts: readonly number[]): CutForm {
  const form: CutForm = { contentType, boundary, text, cuts };
  return Object.assign(form, { [fc.toStringMethod]: () => JSON.stringify(form) });
}

const count = (...counts: number[]): fc.Arbitrary<number> => fc.constantFrom(...counts);

/** Those that forms keep to, or some that they do not. */
export const limits: fc.Arbitrary<FormLimits> = weighted(
  [4, fc.constant(LIMITS)],
  [
    1,
    fc.record({
      files: count(0, 1, 2, 100, 100),
      fields: count(0, 1, 2, 100, 100),
      parts: count(0, 1, 2, 3, 100, 100),
      fieldSize: count(0, 4, 5, 6, 20, 1e6, 1e6),
      fieldNameSize: count(1, 3, 4, 5, 100, 100),
      fieldNestingDepth: count(0, 1, 2, 5),
      fieldArrayIndexLimit: count(0, 1, 100, Number.POSITIVE_INFINITY),
    }),
  ],
);
