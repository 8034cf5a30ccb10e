import fc from 'fast-check';
import { utf8, weighted } from './arbitraries.ts';

const TIDY_NAMES = [
  ...['a', 'b', 'photo', 'user name', '50%', 'a%22b', 'a%0D%0Ab', 'a%41b', 'a\\"b', 'a\\b', 'a\\\\b', "it's"],
  ...['größe', '画像', '😀', '\ufeffa'].map(utf8),
  ...['a[]', 'a[b]', 'a[b][]', 'a[b][c]', 'a[0]', 'a[1]', 'a[0][x]', 'a[x][2]', 'b[]', 'b[100]'],
  ...[
    'a[',
    'a]',
    '[a]',
    'a[][b]',
    'a[b]c',
    'a[]]',
    '__proto__',
    'a[__proto__][x]',
    'constructor',
    'a[length]',
  ],
];
const WILD_NAMES = [
  ...[
    'x'.repeat(100),
    'x'.repeat(101),
    'a[b][c][d][e][f]',
    'a[b][c][d][e][f][g]',
    'a[101]',
    'a[0][101]',
    'a[b[101]',
  ],
  ...[
    'gr\xf6\xdfe',
    utf8('\ufffd'),
    '\xff',
    '\t',
    'a\tb',
    '%0a',
    'a\\',
    'a"b',
    'a[4294967294]',
    'a[0][4294967294][]',
  ],
];
const NESTED = fc
  .array(fc.constantFrom('a', 'b', '[', ']', '[]', '[a]', '[b]', '[0]', '[1]', '0', '%22', '%0a', '\\"'), {
    minLength: 1,
    maxLength: 6,
  })
  .map((pieces) => pieces.join(''));

const names = weighted(
  [48, fc.constantFrom(...TIDY_NAMES)],
  [8, NESTED],
  [2, fc.constantFrom(...WILD_NAMES)],
  [1, fc.constant('')],
);

const TIDY_FILE_NAMES = [
  ...[
    'a.png',
    'b.jpg',
    'IMG 0001.HEIC',
    '50%.png',
    'a%22b.png',
    'a;b=c.png',
    'a\\"b.png',
    'a\\b.png',
    '.png',
  ],
  ...['größe.png', '画像.png', '😀.png'].map(utf8),
  ...[
    'C:\\photos\\a.png',
    '/tmp/a.png',
    '../../a.png',
    'a\\\\b.png',
    'gr\xf6\xdfe.png',
    'a%0D%0Ab.png',
    'a\tb',
    "it's",
  ],
];
const WILD_FILE_NAMES = ['', '.', '..', 'a/', 'a\\', 'a\\..', '%0A', '/', 'a"b.png', 'x'.repeat(300)];
const EXTENDED = [
  ..."UTF-8''na%C3%AFve.png utf-8'en'a%20b.png UTF-8''a.png utf-8''%E7%94%BB.png utf8''%22a%22".split(' '),
  ..."iso-8859-1''gr%F6%DFe.png utf-8''a%2Fb%5Cc.png utf-8''%0Aa%00b UTF-8''%ff.png windows-1251''%EF".split(
    ' ',
  ),
];
const WILD_EXTENDED = [
  ..."\"UTF-8''a.png\" utf-8'' a.png utf-8'a foo''a foo''%C3 ''a utf-8''a%2 utf-8''%zz UTF-8''.. utf-16le''a%00".split(
    ' ',
  ),
  ..."utf-8''%EF%BB%BFa iso-8859-1''%80 utf-8''a*b base64''a utf-8''a'b utf-8''%2F".split(' '),
];

const fileNames = weighted(
  [10, fc.constantFrom(...TIDY_FILE_NAMES)],
  [1, fc.constantFrom(...WILD_FILE_NAMES)],
);
const extended = weighted(
  [16, fc.constant(undefined)],
  [4, fc.constantFrom(...EXTENDED)],
  [1, fc.constantFrom(...WILD_EXTENDED)],
);
/** Parameters that a form has not. */
const further = weighted<string | undefined>(
  [60, fc.constant(undefined)],
  [
    1,
    fc.constantFrom(
      'size=3',
      'creation-date="x"',
      'x="a\\"; name=\\"z"',
      "name*=utf-8''b",
      'filename*0="a"',
      'name="z"',
      'Name=z',
      '',
      '=x',
      'x',
      'x=',
      "x*=utf-8''a",
      'x="',
    ),
  ],
);

const TOKEN = /^[\w.'%-]+$/;
const quotes = fc.nat(9);
const parameter = (name: string, value: string, quoted: number): string =>
  `${name}=${quoted === 0 && TOKEN.test(value) ? value : `"${value}"`}`;

const spaces = weighted(
  [12, fc.constant('; ')],
  [3, fc.constantFrom(';', ' ;', '\t; ', ';  ', ';\t')],
  [1, fc.constantFrom(';\r\n ', ';\r\n\t', '\r\n ; ')],
);
const nameParameters = weighted([20, fc.constant('name')], [1, fc.constantFrom('Name', 'NAME')]);
const kinds = weighted(
  [60, fc.constant('form-data')],
  [3, fc.constantFrom('Form-Data', 'FORM-DATA', 'form-data ')],
  [1, fc.constantFrom('attachment', 'form-datax', 'form-data/', '', ' form-data', 'file', '\r\n form-data')],
);

/** What a `Content-Disposition` says; `file` gives the plain file name, if any. */
const disposition = (file: fc.Arbitrary<string | undefined>) =>
  fc
    .tuple(kinds, fc.tuple(nameParameters, names, quotes), file, extended, further, spaces, fc.nat(11))
    .map(([kind, [key, name, quoted], fileName, encoded, more, space, order]) => {
      const found = [parameter(key, name, quoted)];
      if (fileName !== undefined) found.push(parameter('filename', fileName, quoted));
      if (fileName !== undefined && encoded !== undefined) found.push(`filename*=${encoded}`);
      if (more !== undefined) found.push(more);
      if (order === 0) found.reverse();
      return `${kind}${found.map((each) => space + each).join('')}`;
    });

/** The `Content-Disposition` of a file. */
export const fileDispositions: fc.Arbitrary<string> = disposition(fileNames);

/** The `Content-Disposition` of a text. */
export const textDispositions: fc.Arbitrary<string> = disposition(fc.constant(undefined));
