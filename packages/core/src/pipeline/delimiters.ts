/** Counts the parts that a body announces, to tell whether the parser has seen each of them. */
export interface Delimiters {
  /** Takes note of a chunk, and answers how many of its bytes belong to the form: behind its end comes the epilogue. */
  fed(chunk: Buffer): number;
  /** Delimiters so far, but for the one that ends the form. */
  readonly parts: number;
}

const DASH = 0x2d;

/**
 * busboy drops a part without a word when it cannot read its disposition, and when its delimiter is followed by anything
 * but a line end; it may also read parts in the epilogue. A delimiter is known by its beginning, and what comes behind the
 * last one is ignored (RFC 2046, section 5.1.1).
 */
export function countDelimiters(boundary: string): Delimiters {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // With the two bytes that tell whether it is the last.
  const span = delimiter.length + 2;
  let parts = 0;
  let ended = false;
  // The end of what was fed, as far as a delimiter may have begun in it. The first one needs no line end before it.
  let rest: Buffer = Buffer.from('\r\n');
  /** Counts the whole delimiters that begin before `until`; answers where to look on, or where the form ends. */
  const scan = (bytes: Buffer, from: number, until: number): number => {
    let at = from;
    for (let found = next(bytes, at); found >= 0 && found < until; found = next(bytes, at)) {
      if (bytes.length < found + span) return found;
      at = found + delimiter.length;
      ended = bytes[at] === DASH && bytes[at + 1] === DASH;
      if (ended) return at + 2;
      parts++;
    }
    return at;
  };
  const next = (bytes: Buffer, from: number): number => bytes.indexOf(delimiter, from);
  return {
    get parts() {
      return parts;
    },
    fed: (chunk) => {
      if (ended) return 0;
      const kept = rest.length;
      const seam = Buffer.concat([rest, chunk.subarray(0, span - 1)]);
      const inSeam = scan(seam, 0, kept);
      if (ended) return inSeam - kept;
      if (chunk.length < span) {
        rest = seam.subarray(Math.max(inSeam, seam.length - span + 1));
        return chunk.length;
      }
      const at = scan(chunk, Math.max(0, inSeam - kept), chunk.length);
      if (ended) return at;
      // A copy: the socket's buffer is not kept for the sake of its last bytes.
      rest = Buffer.from(chunk.subarray(Math.max(at, chunk.length - span + 1)));
      return chunk.length;
    },
  };
}
