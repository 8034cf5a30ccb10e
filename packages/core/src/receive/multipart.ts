import { ImgwireError } from '../errors.ts';
import { delimiterOf, partialDelimiter } from './boundary.ts';
import { malformed, type PartHeaders, parsePartHeaders, TOO_LONG, UNREADABLE } from './part-headers.ts';

/** A part of a form, whose content is yet to be read. */
export interface Part {
  readonly headers: PartHeaders;
  /** Where its content begins, in bytes from the start of the body. */
  readonly start: number;
}

/** Observes where parts end. */
export interface PartObserver {
  /** The content of a part has ended. @param end where, in bytes from the start of the body */
  partEnded(end: number): void;
}

/** Longest headers of a part with the blank line behind them, in bytes: Node's own limit for those of a request. */
const MAX_HEADER_BYTES = 16 * 1024;
const CRLF = Buffer.from('\r\n');
const BLANK_LINE = Buffer.from('\r\n\r\n');
const NONE = Buffer.alloc(0);

/**
 * Reads a multipart body (RFC 2046, section 5.1.1) part by part. It reads nothing before it is asked, so a slow reader slows the
 * body down. Chunks are handed on as they come. One is copied only if the one before it ended in the middle of something.
 */
export class MultipartReader {
  readonly #source: () => Promise<Buffer | undefined>;
  readonly #observer: PartObserver | undefined;
  readonly #delimiter: Buffer;
  /** The delimiter without its line end, which the first one of a body need not have. */
  readonly #dashed: Buffer;
  readonly #declared: number;
  /** What has arrived. It is used up to `#at`, and begins at `#offset` of the body. */
  #bytes: Buffer = NONE;
  #at = 0;
  #offset = 0;
  /** What comes next. */
  #stage: 'preamble' | 'delimiter' | 'headers' | 'content' | 'epilogue' = 'preamble';
  /** The part whose content comes next. */
  #part: Part | undefined;
  #whenRead: { resolve(): void; reject(reason: unknown): void } | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  /**
   * @param source returns the next chunk of the body; undefined is its end
   * @param declared the length that the client declares, in bytes
   */
  constructor(
    boundary: string,
    source: () => Promise<Buffer | undefined>,
    declared = 0,
    observer?: PartObserver,
  ) {
    this.#source = source;
    this.#observer = observer;
    this.#declared = declared;
    this.#delimiter = delimiterOf(boundary);
    this.#dashed = this.#delimiter.subarray(CRLF.length);
  }

  /**
   * Returns the next part, once the one before is read to its end. Undefined is the end of the body.
   *
   * @throws ImgwireError `MALFORMED_MULTIPART`; what the source throws
   */
  async next(): Promise<Part | undefined> {
    if (this.#part) await this.#untilRead();
    while (!this.#advance()) {
      this.#keepRest();
      if (!this.#add(await this.#source())) return undefined;
    }
    return this.#part;
  }

  /**
   * Returns the next chunk of a part; undefined is its end.
   *
   * @throws ImgwireError `MALFORMED_MULTIPART` if the body ends first; what the source throws
   */
  async read(part: Part): Promise<Buffer | undefined> {
    while (this.#part === part) {
      const chunk = this.#takeContent();
      if (chunk.length > 0) return chunk;
      if (this.#part !== part) return undefined;
      this.#keepRest();
      this.#add(await this.#source());
    }
    return undefined;
  }

  /** Returns the whole content of a part if it has arrived, and has at most `limit` bytes. Else it is still to be read. */
  takeWhole(part: Part, limit: number): Buffer | undefined {
    const end = this.#bytes.indexOf(this.#delimiter, this.#at);
    if (this.#part !== part || end < 0 || end - this.#at > limit) return undefined;
    return this.#takeContent(end);
  }

  /** Makes `next()` throw the reason: nobody will read the current part to its end. */
  abort(reason: unknown): void {
    this.#aborted = { reason };
    this.#whenRead?.reject(reason);
  }

  async #untilRead(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      if (this.#aborted) reject(this.#aborted.reason);
      this.#whenRead = { resolve, reject };
    });
  }

  /** Keeps what is not used yet, as a copy: a few bytes must not retain the socket's whole buffer until the next ones come. */
  #keepRest(): void {
    this.#bytes = this.#at < this.#bytes.length ? Buffer.from(this.#bytes.subarray(this.#at)) : NONE;
    this.#offset += this.#at;
    this.#at = 0;
  }

  /** Adds a chunk. Returns false at the end of the body, which must not come before the last delimiter. */
  #add(chunk: Buffer | undefined): boolean {
    if (!chunk && this.#stage !== 'epilogue') throw this.#endedEarly();
    if (chunk) this.#bytes = this.#bytes.length > 0 ? Buffer.concat([this.#bytes, chunk]) : chunk;
    return chunk !== undefined;
  }

  /** Of a body that is shorter than its `Content-Length`, the client or something in front has lost the rest. */
  #endedEarly(): ImgwireError {
    const received = this.#offset + this.#bytes.length;
    if (received >= this.#declared) return new ImgwireError('MALFORMED_MULTIPART');
    return malformed(
      `The body ended after ${received} of the ${this.#declared} bytes that its Content-Length declares.`,
    );
  }

  /** Goes on to the content of the next part, as far as the bytes go. Each step leaves its stage when it is done. */
  #advance(): boolean {
    if (this.#stage === 'preamble') this.#skipPreamble();
    if (this.#stage === 'delimiter') this.#endDelimiter();
    if (this.#stage === 'headers') this.#readHeaders();
    if (this.#stage === 'epilogue') this.#skipEpilogue();
    return this.#stage === 'content';
  }

  #skipPreamble(): void {
    const found = this.#bytes.indexOf(this.#dashed);
    if (found !== 0) this.#checkPreamble(found);
    this.#at =
      found < 0 ? Math.max(0, this.#bytes.length - this.#delimiter.length) : found + this.#dashed.length;
    if (found >= 0) this.#stage = 'delimiter';
  }

  /** Checks that the first delimiter begins a line, and that no line before it is one without dashes: its part would be lost. */
  #checkPreamble(found: number): void {
    const beginsLine =
      found < 0 || this.#bytes.subarray(Math.max(0, found - CRLF.length), found).equals(CRLF);
    const bare = this.#bytes.indexOf(`${this.#dashed.toString('latin1', 2)}\r\n`, 0, 'latin1');
    if (!beginsLine || (bare >= 0 && (found < 0 || bare < found))) throw malformed(NO_START);
  }

  /** Reads what follows a delimiter. Two dashes make it the last one; else its line ends, and the headers begin with that. */
  #endDelimiter(): void {
    if (this.#bytes.length - this.#at < 2) return;
    const next = this.#bytes.toString('latin1', this.#at, this.#at + 2);
    if (next !== '--' && next !== '\r\n') throw malformed(UNREADABLE);
    this.#stage = next === '--' ? 'epilogue' : 'headers';
    if (next === '--') this.#at += 2;
  }

  #readHeaders(): void {
    const blank = this.#bytes.indexOf(BLANK_LINE, this.#at);
    const end = blank < 0 ? this.#bytes.length : blank;
    if (end + CRLF.length - this.#at > MAX_HEADER_BYTES) throw malformed(TOO_LONG);
    if (this.#bytes.subarray(this.#at, end).includes(this.#delimiter)) throw malformed(UNREADABLE);
    if (blank < 0) return;
    // The line end of the blank line may be that of a delimiter: then the headers have no end.
    const next = this.#bytes.subarray(blank + CRLF.length, blank + CRLF.length + this.#delimiter.length);
    const isDelimiter = this.#delimiter.subarray(0, next.length).equals(next);
    if (isDelimiter && next.length === this.#delimiter.length) throw malformed(UNREADABLE);
    if (isDelimiter) return;
    const headers = parsePartHeaders(this.#bytes.toString('latin1', this.#at + CRLF.length, blank));
    this.#at = blank + BLANK_LINE.length;
    this.#part = { headers, start: this.#offset + this.#at };
    this.#stage = 'content';
  }

  /** Takes what has come of the content. It is empty at its end, and while all that has come may be half a delimiter. */
  #takeContent(found = this.#bytes.indexOf(this.#delimiter, this.#at)): Buffer {
    const { length } = this.#bytes;
    const end = found < 0 ? length - partialDelimiter(this.#bytes, this.#at, this.#delimiter) : found;
    const content = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    if (found < 0) return content;
    this.#at += this.#delimiter.length;
    this.#stage = 'delimiter';
    this.#observer?.partEnded(this.#offset + end);
    this.#part = undefined;
    this.#whenRead?.resolve();
    return content;
  }

  /** Skips what is behind the last delimiter. It may be anything but another one: then the form did not end there. */
  #skipEpilogue(): void {
    if (this.#bytes.includes(this.#dashed, this.#at)) throw malformed('The form goes on after its end.');
    this.#at = Math.max(this.#at, this.#bytes.length - this.#dashed.length + 1);
  }
}

const NO_START = 'The form does not begin with a line of two dashes and its boundary.';
