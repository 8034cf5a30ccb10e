import { ImgwireError } from '../errors.ts';
import { baseName, displayName } from './base-name.ts';

/** What the headers of a part say. */
export interface PartHeaders {
  /** The name of the form field, as it was sent; undefined if there is none, or an empty one. */
  readonly name: string | undefined;
  /** The file name as it was sent, without the path that some clients send; empty if nothing else is in it. */
  readonly fileName: string | undefined;
  /** Whether the part is a file: it has a file name, or says that it is no text. */
  readonly isFile: boolean;
  /** `Content-Type` of a part that is no file. */
  readonly type: ContentType | undefined;
  /** `Content-Transfer-Encoding` in lower case: `7bit` if there is none. */
  readonly encoding: string;
}

/** A content type: `essence` in lower case, and `charset` as it was sent. */
export interface ContentType {
  readonly essence: string;
  readonly charset: string | undefined;
}

/** As many headers as busboy keeps, and their bytes as it counts them: the line end of each twice. */
const MAX_HEADERS = 1999;
const MAX_BYTES = 16 * 1024 - 3;
const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const TEXT = '\\t\\x20-\\x7e\\x80-\\xff';
/** A token, a colon, and a value without control characters but the tab (RFC 9110, section 5.5). */
const HEADER = new RegExp(`^(${TOKEN}):([${TEXT}]*)$`);
/** A line that begins with a space continues the one before (RFC 9112, section 5.2). */
const FOLD = /\r\n(?=[\t ])/g;
/** `; name=token`, or `; name="quoted \"string\""` (RFC 9110, section 5.6.6). */
const PARAMETER = new RegExp(`[\\t ]*;[\\t ]*(${TOKEN})=(?:"((?:[^"\\\\]|\\\\[${TEXT}])*)"|(${TOKEN}))`, 'y');
const EXTENDABLE = /^(file)?name\*$/;
/** `charset'language'value` (RFC 8187, section 3.2.1). */
const EXTENDED = /^([!#$%&+^_`~\w-]+)'[^']*'((?:[!#$&+.^_`|~\w-]|%[\da-f]{2})+)$/i;
/** Two of these headers would be two meanings: which one counts would depend on the reader. */
const ONCE = /^content-(disposition|type|transfer-encoding|encoding)$/;
/** Encodings that leave the bytes of a part as they are (RFC 2045, section 6.2; RFC 9110, section 8.4). */
const PLAIN = /^(7bit|8bit|binary|identity)$/;

/**
 * Parses the headers of a part of a form (RFC 7578, section 4). Headers that it does not name are ignored, as its section 4.8
 * asks, unless they say that the bytes are not the content itself.
 *
 * @param block in latin1, a character for each byte, without the line end of the last header
 * @throws ImgwireError `MALFORMED_MULTIPART`
 */
export function parsePartHeaders(block: string): PartHeaders {
  const headers = new Map<string, string>();
  const lines = block.replaceAll(FOLD, '').split('\r\n');
  if (lines.length > MAX_HEADERS || block.length + 2 * lines.length > MAX_BYTES) throw malformed(TOO_LONG);
  for (const line of lines) {
    const [, header, value = ''] = HEADER.exec(line) ?? [];
    if (header === undefined) throw malformed(UNREADABLE);
    const key = header.toLowerCase();
    if (headers.has(key) && ONCE.test(key)) throw malformed(`A part of the form has two ${header} headers.`);
    headers.set(key, trimmed(value));
  }
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase() ?? '7bit';
  for (const each of [encoding, headers.get('content-encoding')?.toLowerCase() ?? 'identity']) {
    if (!PLAIN.test(each)) throw malformed('A part of the form is encoded; send its bytes as they are.');
  }
  if (headers.has('content-range'))
    throw malformed('A part of the form is a piece of a file; send the whole.');
  const { name, fileName } = dispositionOf(headers.get('content-disposition') ?? '');
  // The type of a file is in its bytes; clients guess what they declare from its name.
  if (fileName) return { name, fileName: baseName(fileName), isFile: true, type: undefined, encoding };
  const type = typeOf(headers.get('content-type'));
  return { name, fileName, isFile: type?.essence === 'application/octet-stream', type, encoding };
}

export const UNREADABLE = 'A part of the form cannot be read.';
export const TOO_LONG = 'The headers of a part are too long.';

/** The error of a form that cannot be read, with a message for its client. */
export const malformed = (message: string, cause?: unknown): ImgwireError =>
  new ImgwireError('MALFORMED_MULTIPART', { message, cause });

/** Returns the name and the file name of a `form-data` disposition. The extended file name wins (RFC 6266, section 4.3). */
function dispositionOf(header: string): Pick<PartHeaders, 'name' | 'fileName'> {
  const [kind] = /^form-data(?=[\t ;]|$)/i.exec(header) ?? [];
  const parameters = kind && parametersOf(header, kind.length);
  if (!parameters) throw malformed(UNREADABLE);
  // A form has no extended field names (RFC 7578, section 5.1.1).
  const name = parameters.has('name*') ? '' : utf8(parameters.get('name') ?? '');
  // A name that is not UTF-8 would be that of another field.
  if (name.includes('\ufffd')) throw malformed('A field name of the form is not in UTF-8.');
  return { name: name || undefined, fileName: fileNameIn(parameters) };
}

function fileNameIn(parameters: ReadonlyMap<string, string>): string | undefined {
  const fileName = parameters.get('filename');
  const extended = parameters.get('filename*');
  return extended === undefined ? fileName && utf8(fileName) : decodeExtended(extended);
}

const DISPOSITION = new RegExp(`^${TOKEN}`);

/** Returns the file name of any `Content-Disposition` (RFC 6266), without a path; empty if it has none that can be read. */
export function fileNameOf(header: string = ''): string {
  const [kind = ''] = DISPOSITION.exec(header) ?? [];
  try {
    return displayName(fileNameIn(parametersOf(header, kind.length) ?? new Map()) ?? '');
  } catch {
    return '';
  }
}

/** Returns the content type of a text; undefined for none. */
function typeOf(header: string | undefined): ContentType | undefined {
  if (!header) return undefined;
  const [essence] = TYPE.exec(header) ?? [];
  const parameters = essence && parametersOf(header, essence.length);
  if (!parameters) throw malformed('A part of the form has a Content-Type that cannot be read.');
  return { essence: essence.toLowerCase(), charset: parameters.get('charset') };
}

const TYPE = new RegExp(`^${TOKEN}/${TOKEN}`);

/** Returns the parameters by their lower-case names; undefined if there is anything else in the rest of the header. */
function parametersOf(header: string, start: number): Map<string, string> | undefined {
  const found = new Map<string, string>();
  let end = start;
  PARAMETER.lastIndex = start;
  for (let match = PARAMETER.exec(header); match; match = PARAMETER.exec(header)) {
    const [, name = '', quoted, token = ''] = match;
    const key = name.toLowerCase();
    // Continuations (RFC 2231, section 3) are not for forms (RFC 7578, section 4.2).
    if (found.has(key) || (key.includes('*') && (quoted !== undefined || !EXTENDABLE.test(key))))
      return undefined;
    // Browsers send a backslash as it is; others escape it, and the quote, with one.
    found.set(key, quoted?.replaceAll(/\\(["\\])/g, '$1') ?? token);
    end = PARAMETER.lastIndex;
  }
  return /^[\t ]*$/.test(header.slice(end)) ? found : undefined;
}

function decodeExtended(value: string): string {
  const [, charset, encoded] = EXTENDED.exec(value) ?? [];
  if (encoded === undefined) throw malformed(UNREADABLE);
  const text = encoded.replaceAll(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  try {
    return new TextDecoder(charset).decode(Buffer.from(text, 'latin1'));
  } catch (cause) {
    throw malformed('A file name of the form is in a charset that is not known.', cause);
  }
}

const utf8 = (text: string): string =>
  /[\x80-\xff]/.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;

/**
 * Removes the spaces around a text. Not by `trim()`, which also takes bytes of UTF-8, nor by a pattern, which takes quadratic
 * time.
 */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

const isBlank = (text: string, at: number): boolean => text[at] === ' ' || text[at] === '\t';
