import type { IncomingHttpHeaders } from 'node:http';
import { ImgwireError, type ImgwireErrorCode } from '../errors.ts';
import type { Limits } from '../rules/rules.ts';
import type { IncomingFile } from '../upload/store-file.ts';
import { displayName } from './base-name.ts';
import type { BodyReader } from './body-reader.ts';
import { boundaryOf, closingLength } from './boundary.ts';
import { addField, type FormFields, fieldName, unescapeName } from './fields.ts';
import type { LengthHistory } from './length-history.ts';
import { MultipartReader, type Part, type PartObserver } from './multipart.ts';
import { malformed } from './part-headers.ts';
import { assertText, decodeText } from './text-part.ts';

/** What a form needs of its request. */
export type FormSource = Pick<BodyReader, 'headers' | 'contentLength' | 'signal' | 'read'>;

/** The limits of a form itself. body-reader.ts enforces that of the whole request, stream-source.ts that of a file. */
export type FormLimits = Omit<Limits, 'requestSize' | 'fileSize'>;

/** Whether the request declares its body as multipart/form-data. */
export function isForm(headers: IncomingHttpHeaders): boolean {
  return /^[\t\n\r ]*multipart\/form-data[\t\n\r ]*(;|$)/i.test(headers['content-type'] ?? '');
}

/** Reads the form of a request: counts its parts, and tells files from texts. */
export class Form implements PartObserver {
  /** The text fields that have come so far. */
  readonly fields: FormFields = Object.create(null) as FormFields;
  /** How many texts have come so far. */
  texts: number = 0;
  readonly #reader: MultipartReader;
  readonly #limits: FormLimits;
  readonly #history: LengthHistory;
  /** Where the last part would end, in bytes from the start of the body. */
  readonly #end: number | undefined;
  #parts = 0;
  #files = 0;
  /** The field of the file that is being read. */
  #fileField: string | undefined;
  /** Whether each file was the last part, if the length of the form is known. */
  readonly #outcomes: (readonly [nth: number, field: string, wasRight: boolean])[] = [];

  /**
   * @param history what earlier forms of the route have shown
   * @throws ImgwireError `MALFORMED_MULTIPART` without a boundary
   */
  constructor(
    { headers, contentLength, signal, read }: FormSource,
    limits: FormLimits,
    history: LengthHistory,
  ) {
    const boundary = boundaryOf(headers['content-type']);
    if (boundary === undefined) throw malformed(NO_BOUNDARY);
    // RFC 2046, section 5.1.1. To search for a long one takes its length times that of a hostile body.
    if (boundary.length > 70) throw malformed('The boundary of the form has more than 70 characters.');
    this.#reader = new MultipartReader(boundary, read, contentLength, this);
    this.#limits = limits;
    this.#history = history;
    this.#end = contentLength === undefined ? undefined : contentLength - closingLength(boundary);
    signal.onAbort((reason) => this.#reader.abort(reason));
  }

  /**
   * Returns the next part, once the one before is read to its end. Undefined is the end of the form.
   *
   * @throws ImgwireError `MALFORMED_MULTIPART`; the request's reason to abort
   */
  next(): Promise<Part | undefined> {
    return this.#reader.next();
  }

  /**
   * Returns a part as a file, to be read to its end. Undefined if it is none: then call {@link Form.addText}.
   *
   * @throws ImgwireError `LIMIT_PART_COUNT`, `LIMIT_FILE_COUNT`, `LIMIT_FIELD_COUNT`, `LIMIT_FIELD_KEY`, `MISSING_FIELD_NAME`
   */
  fileOf(part: Part): IncomingFile | undefined {
    const { isFile, name, fileName, encoding } = part.headers;
    const { parts, files, fields } = this.#limits;
    if (++this.#parts > parts) throw tooMany('LIMIT_PART_COUNT', parts, 'part');
    if (isFile && ++this.#files > files) throw tooMany('LIMIT_FILE_COUNT', files, 'file');
    if (!isFile && ++this.texts > fields) throw tooMany('LIMIT_FIELD_COUNT', fields, 'text field');
    if (name === undefined) throw new ImgwireError('MISSING_FIELD_NAME');
    if (!isFile || !fileName) return undefined;
    const field = fieldName(name, this.#limits);
    this.#fileField = field;
    return {
      fieldname: field,
      originalname: displayName(unescapeName(fileName)),
      encoding,
      read: () => this.#reader.read(part),
      takeWhole: (limit) => this.#reader.takeWhole(part, limit),
      // If it is the last part.
      expectedLength: this.#end === undefined ? undefined : this.#end - part.start,
      likelihood: this.#end === undefined ? undefined : this.#history.likelihood(this.#files, field),
    };
  }

  /** Notes whether the file was the last part. @internal of the reader */
  partEnded(end: number): void {
    const field = this.#fileField;
    if (field !== undefined && this.#end !== undefined)
      this.#outcomes.push([this.#files, field, end === this.#end]);
    this.#fileField = undefined;
  }

  /** The route learns from the form. Call it for one that is stored: others are cheap to send, and would mislead those. */
  teach(): void {
    for (const outcome of this.#outcomes) this.#history.learn(...outcome);
  }

  /**
   * Adds a text to the fields. A file without a name must be empty: browsers send one where none was chosen. The promise, if
   * any, resolves when the rest of the text has come.
   *
   * @throws ImgwireError `LIMIT_FIELD_*`, `INVALID_FIELD_NAME`, `MALFORMED_MULTIPART`; what `next` throws
   */
  addText(part: Part): Promise<void> | undefined {
    const { isFile, fileName, name, type } = part.headers;
    const field = isFile ? undefined : fieldName(name, this.#limits);
    if (!isFile) assertText(type);
    const isUnnamed = isFile || fileName !== undefined;
    const limit = isUnnamed ? 0 : this.#limits.fieldSize;
    const add = (bytes: Buffer | undefined): void => {
      if (!bytes) throw isUnnamed ? malformed(UNNAMED) : new ImgwireError('LIMIT_FIELD_VALUE', { field });
      if (field !== undefined) addField(this.fields, field, decodeText(bytes, type?.charset), this.#limits);
    };
    const whole = this.#reader.takeWhole(part, limit);
    return whole ? void add(whole) : this.#readUpTo(limit, part).then(add);
  }

  /** Reads the content of a part; undefined if it is longer than the limit. */
  async #readUpTo(limit: number, part: Part): Promise<Buffer | undefined> {
    const chunks: Buffer[] = [];
    let size = 0;
    for (let chunk = await this.#reader.read(part); chunk; chunk = await this.#reader.read(part)) {
      size += chunk.length;
      if (size > limit) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}

const tooMany = (code: ImgwireErrorCode, most: number, what: string): ImgwireError =>
  new ImgwireError(code, {
    message: `The form has more than ${most} ${what}${most === 1 ? '' : 's'}.`,
  });

const NO_BOUNDARY =
  'The Content-Type of the form has no boundary: leave this header out, since the client sets it with the form.';
const UNNAMED = 'A file of the form has no name.';
