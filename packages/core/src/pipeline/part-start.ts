/** Counts the bytes fed to the parser, to know where in the request body a part began. */
export interface PartStart {
  /** Takes note of a chunk, before the parser gets it. */
  fed(chunk: Uint8Array): void;
  /**
   * The length of the part that began in the last chunk and has not ended, if it is the last of a body of
   * `contentLength` bytes.
   *
   * @param readable bytes that the part's stream holds, right after the parser's `write` has returned
   */
  lengthIfLast(contentLength: number, readable: number): number;
}

/**
 * A part does not say how long it is, but a request does, and every client ends its form with `CRLF--boundary--CRLF`
 * (RFC 2046, section 5.1.1; the last CRLF belongs to no rule, but to every client). What lies between the part's first
 * byte and that end is the part.
 *
 * Its first byte is found without a second parser. When `write` has returned, everything fed is in one of three places:
 * before the part; in the part's stream; or held back by the parser, because it may be the beginning of a delimiter. The
 * parser (busboy) holds back exactly the longest suffix of what it was fed that is a proper prefix of `CRLF--boundary`.
 */
export function partStart(boundary: string): PartStart {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  let total = 0;
  let tail: Uint8Array = Buffer.alloc(0);
  return {
    fed: (chunk) => {
      total += chunk.length;
      // The suffix can span chunks.
      const known = chunk.length < delimiter.length ? Buffer.concat([tail, chunk]) : chunk;
      tail = known.subarray(Math.max(0, known.length - delimiter.length + 1));
    },
    lengthIfLast: (contentLength, readable) =>
      contentLength - (total - readable - heldBack(tail, delimiter)) - (delimiter.length + '--\r\n'.length),
  };
}

function heldBack(tail: Uint8Array, delimiter: Buffer): number {
  // A delimiter begins with a CR, so only a suffix that begins with one can be the beginning of a delimiter.
  for (let at = tail.indexOf(CR); at >= 0; at = tail.indexOf(CR, at + 1)) {
    if (delimiter.subarray(0, tail.length - at).equals(tail.subarray(at))) return tail.length - at;
  }
  return 0;
}

const CR = 0x0d;

/** The boundary of a multipart content type; quoted or not (RFC 9110, section 5.6.6). */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const match = /;\s*boundary=(?:"((?:[^"\\]|\\.)+)"|([^\s;"]+))/i.exec(contentType ?? '');
  return match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2];
}
