/** What ours reads otherwise than multer, knowingly. */
interface Exception {
  readonly why: string;
  /** The body of such a form, with the boundary `b`. */
  readonly example: string;
  /** The same form without it: nothing changes if the form has none of it. */
  rewrite(text: string): string;
}

const escapeByte = (byte: number): string => `%${byte.toString(16).padStart(2, '0')}`;

/** A file name of an extended parameter, in UTF-8 as the WHATWG decodes it. */
function inUtf8(whole: string, charset: string, language: string, value: string): string {
  try {
    const text = value.replaceAll(/%(..)/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    const name = new TextDecoder(charset).decode(Buffer.from(text, 'latin1'));
    return `filename*=utf-8'${language}'${[...Buffer.from(name)].map(escapeByte).join('')}`;
  } catch {
    return whole;
  }
}

const part = (headers: string): string => `--b\r\n${headers}\r\n\r\n\r\n--b--\r\n`;

/** Everything that ours takes, and multer takes otherwise, or refuses. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    why: 'multer drops a part whose Content-Disposition begins on the next line, and ignores such a Content-Type',
    example: part('Content-Disposition:\r\n form-data; name="a"'),
    rewrite: (text) => text.replaceAll(/:(?:[\t ]*\r\n[\t ]+)+/g, ': '),
  },
  {
    why: 'multer drops a part whose extended file name is in a charset other than UTF-8 or latin1, which it takes for ISO 8859-1',
    example: part(`Content-Disposition: form-data; name="a"; filename*=windows-1251''%EF`),
    rewrite: (text) => text.replaceAll(/filename\*=([^'\s;"]+)'([^'\s;"]*)'([^\s;"']+)/gi, inUtf8),
  },
  {
    why: 'multer keeps the spaces behind an encoding',
    example: part(
      'Content-Disposition: form-data; name="a"; filename="a"\r\nContent-Transfer-Encoding: binary ',
    ),
    rewrite: (text) =>
      text.replaceAll(/(content-transfer-encoding:[\t ]*[\w-]+)(?:(?:\r\n)?[\t ])+(?=\r\n)/gi, '$1'),
  },
  {
    why: 'multer takes the digits in a[b[200] for an index',
    example: part('Content-Disposition: form-data; name="a[b[200]"'),
    rewrite: (text) => text.replaceAll(/(\[[^[\]"]*)\[(?=\d+\])/g, '$1('),
  },
];
