import { isUtf8 } from 'node:buffer';
import { type Evidence, headersOf, losesPart, sections, textsOf, valuesOf } from './evidence.ts';
import type { Refused } from './outcomes.ts';

/** A reason to refuse a form that multer takes. */
interface Refusal {
  readonly code: string;
  readonly message: RegExp;
  /** What multer does to such a form. */
  readonly why: string;
  /** Bodies of such forms, with the boundary `b`. */
  readonly examples: readonly string[];
  /** Whether no form that ours takes shows it. */
  readonly always: boolean;
  /** Whether that is to be seen in the form, or in what multer made of it. */
  isJustified(evidence: Evidence): boolean | Promise<boolean>;
}

const MALFORMED = 'MALFORMED_MULTIPART';

const isTwice = (values: readonly string[]): boolean => new Set(values).size < values.length;
const withoutQuoted = (value: string): string => value.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
const parameterNames = (value: string): string[] =>
  [...withoutQuoted(value).matchAll(/;[\t ]*([^=;"]*)=/g)].map(([, name = '']) => name.toLowerCase());

/** Not `charset'language'value` to the end of a parameter (RFC 8187). */
const BAD_EXTENDED = /\*=(?![\w!#$%&+^`~-]+'[\w!#$%&*+.^`|~-]*'[\w!#$%&+.^`|~-]+[\t ]*(;|$))/;

/** A parameter twice, a part of one (RFC 2231), an extended one that is not for forms or not one, or one without a name. */
const isAmbiguous = (disposition: string): boolean => {
  const names = parameterNames(disposition);
  const isOdd = names.some((name) => name === '' || (name.includes('*') && !/^(file)?name\*$/.test(name)));
  return isOdd || isTwice(names) || BAD_EXTENDED.test(withoutQuoted(disposition));
};

const TYPE =
  /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+([\t ]*;[\t ]*[\w!#$%&'+.^`|~-]+=([\w!#$%&'*+.^`|~-]+|"([^"\\]|\\.)*"))*$/;
const PLAIN = /^(7bit|8bit|binary|identity)$/i;
const TWICE = /^(content-(?:disposition|type|transfer-encoding|encoding)):/i;

function hasTwice(evidence: Evidence): boolean {
  return headersOf(evidence).some((lines) =>
    isTwice(lines.flatMap((line) => TWICE.exec(line)?.[1]?.toLowerCase() ?? [])),
  );
}

const isUnknown = (charset: string): boolean => {
  try {
    return new TextDecoder(charset) === undefined;
  } catch {
    return true;
  }
};

const charsets = (evidence: Evidence): string[] =>
  valuesOf(evidence, 'content-type').flatMap(
    (value) => /;[\t ]*charset=(?:"([^"]*)"|([^;\t ]*))/i.exec(value)?.slice(1) ?? [],
  );

function isUndecodable(charset: string, text: string): boolean {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(Buffer.from(text, 'latin1')) === undefined;
  } catch {
    return true;
  }
}

function hidesPart({ form: { text }, boundary }: Evidence): boolean {
  const [preamble = ''] = sections(text, boundary);
  return preamble.includes(`--${boundary}`) || `${preamble}\r\n`.includes(`${boundary}\r\n`);
}

function goesOn({ form: { text }, boundary }: Evidence): boolean {
  const end = `\r\n${text}`.indexOf(`\r\n--${boundary}--`);
  return end >= 0 && text.indexOf(`--${boundary}`, end + 2 + boundary.length + 2) >= 0;
}

const A = 'Content-Disposition: form-data; name="a"';
const part = (headers: string, content = ''): string => `--b\r\n${headers}\r\n\r\n${content}\r\n--b--\r\n`;

/** Everything that ours refuses and multer takes. */
export const REFUSALS: readonly Refusal[] = [
  {
    code: MALFORMED,
    message: /^A part of the form cannot be read\.$/,
    why: 'multer drops the part without a word, or takes one of two meanings',
    always: true,
    examples: [
      ...['X: y', 'Content-Disposition: attachment', 'Content-Disposition: form-data; name="a'],
      ...[
        `${A};`,
        `${A}; name="b"`,
        `${A}; filename*0="a"`,
        `${A}; filename*="UTF-8''a"`,
        `${A}; filename*=utf-8''`,
      ],
      ...[`${A}; x*=utf-8''a`, `${A}; =x`, `${A} x`],
    ]
      .map((headers) => part(headers))
      .concat(part(A).replace('b\r\n', 'b \r\n'), part(A).replace('b\r\n', 'b\n\n')),
    isJustified: (evidence) =>
      losesPart(evidence) || valuesOf(evidence, 'content-disposition').some(isAmbiguous),
  },
  {
    code: MALFORMED,
    message: /^The form does not begin with a line of two dashes and its boundary\.$/,
    why: 'multer takes for preamble what was meant as the first part',
    always: true,
    examples: [`b\r\nContent-Disposition: form-data; name="lost"\r\n\r\n\r\n${part(A)}`],
    isJustified: hidesPart,
  },
  {
    code: MALFORMED,
    message: /^The form goes on after its end\.$/,
    why: 'multer drops the parts behind the end, or not: as the chunks come',
    always: true,
    examples: [`${part(A)}${part(A)}`],
    isJustified: goesOn,
  },
  {
    code: MALFORMED,
    message: /^A text of the form is not in UTF-8;/,
    why: 'multer replaces the bytes that are not UTF-8',
    always: true,
    examples: [part(A, '\xff')],
    isJustified: async ({ theirs, rawTexts }) =>
      textsOf(theirs.fields).some((text) => text?.includes('\ufffd')) &&
      (await rawTexts()).some((text) => !isUtf8(Buffer.from(text, 'latin1'))),
  },
  {
    code: MALFORMED,
    message: /^A text of the form is not in the charset that it declares;/,
    why: 'multer replaces what it cannot decode, or the whole text by undefined',
    always: false,
    examples: [part(`${A}\r\nContent-Type: text/plain; charset=utf-16le`, 'odd')],
    isJustified: async (evidence) => {
      const texts = await evidence.rawTexts();
      return charsets(evidence).some((charset) => texts.some((text) => isUndecodable(charset, text)));
    },
  },
  {
    code: MALFORMED,
    message: /^A field name of the form is not in UTF-8\.$/,
    why: 'multer gives the text to a field of another name',
    always: true,
    examples: [part('Content-Disposition: form-data; name="\xff"')],
    isJustified: (evidence) =>
      evidence.theirs.announced.some(({ name }) => name?.includes('\ufffd')) || losesPart(evidence),
  },
  {
    code: MALFORMED,
    message: /^A file of the form has no name\.$/,
    why: 'multer drops the file, or takes it for a text',
    always: false,
    examples: [
      part(`${A}; filename=""`, 'content'),
      part(`${A}; filename=".."`, 'content'),
      part(`${A}\r\nContent-Type: application/octet-stream`, 'content'),
    ],
    isJustified: ({ theirs, form }) =>
      theirs.announced.some(({ isFile, fileName }) => isFile && !fileName) || /filename=""/i.test(form.text),
  },
  {
    code: MALFORMED,
    message: /^A part of the form has a Content-Type that cannot be read\.$/,
    why: 'multer reads the part as UTF-8, whatever it is',
    always: false,
    examples: [part(`${A}\r\nContent-Type: text/plain; charset`)],
    isJustified: (evidence) =>
      valuesOf(evidence, 'content-type').some((value) => !TYPE.test(value) || isTwice(parameterNames(value))),
  },
  {
    code: MALFORMED,
    message: /^A part of the type \S+ has no file name\.$/,
    why: 'multer decodes a file as if it were a text',
    always: true,
    examples: [part(`${A}\r\nContent-Type: image/png`)],
    isJustified: ({ theirs }) =>
      theirs.announced.some(
        ({ isFile, type }) =>
          !isFile && !/^(text\/|application\/((.+\+)?(json|xml)|x-www-form-urlencoded)$)/.test(type),
      ),
  },
  {
    code: MALFORMED,
    message: /^A part of the form has two \S+ headers\.$/,
    why: 'multer goes by the first, others by the last',
    always: true,
    examples: [part(`${A}\r\nContent-Disposition: form-data; name="b"`)],
    isJustified: hasTwice,
  },
  {
    code: MALFORMED,
    message: /^A part of the form is encoded;/,
    why: 'multer takes the encoded bytes for the content',
    always: true,
    examples: [
      part(`${A}\r\nContent-Transfer-Encoding: base64`, 'YQ=='),
      part(`${A}\r\nContent-Encoding: gzip`),
    ],
    isJustified: (evidence) =>
      ['content-transfer-encoding', 'content-encoding'].some((name) =>
        valuesOf(evidence, name).some((value) => !PLAIN.test(value)),
      ),
  },
  {
    code: MALFORMED,
    message: /^The headers of a part are too long\.$/,
    why: 'multer ignores the headers of a part behind the 1999th',
    always: true,
    examples: [part(`${'x:\r\n'.repeat(2000)}${A}`), part(`${A}${'\r\nx:'.repeat(1999)}`)],
    isJustified: (evidence) =>
      headersOf(evidence).some((lines) => lines.filter((line) => line !== '').length > 1999),
  },
  {
    code: MALFORMED,
    message: /^A part of the form is a piece of a file;/,
    why: 'multer takes the piece for the file',
    always: true,
    examples: [part(`${A}\r\nContent-Range: bytes 0-4/9`)],
    isJustified: (evidence) => valuesOf(evidence, 'content-range').length > 0,
  },
  {
    code: MALFORMED,
    message: /^A file name of the form is in a charset that is not known\.$/,
    why: 'multer drops the part without a word, or takes the name for ASCII',
    always: false,
    examples: [part(`${A}; filename*=none''a`)],
    isJustified: ({ form }) =>
      [...form.text.matchAll(/filename\*=([^']*)'/gi)].some(([, charset = '']) => isUnknown(charset)),
  },
  {
    code: 'MISSING_FIELD_NAME',
    message: /./,
    why: 'multer takes one of two names',
    always: true,
    examples: [part(`${A}; name*=utf-8''b`)],
    isJustified: (evidence) =>
      valuesOf(evidence, 'content-disposition').flatMap(parameterNames).includes('name*'),
  },
];

/** The reason of a refusal. */
export const refusalFor = ({ code, message }: Refused): Refusal | undefined =>
  REFUSALS.find((refusal) => refusal.code === code && refusal.message.test(message));

/** What multer loses of a form, and no reader may. */
export async function lossIn(evidence: Evidence): Promise<Refusal | undefined> {
  for (const refusal of REFUSALS) if (refusal.always && (await refusal.isJustified(evidence))) return refusal;
  return undefined;
}
