/** The boundary of a multipart content type; quoted or not (RFC 9110, section 5.6.6). */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const match = /;\s*boundary=(?:"((?:[^"\\]|\\.)+)"|([^\s;"]+))/i.exec(contentType ?? '');
  return match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2];
}

/** What stands in front of each part and behind the last one, but for the line end of the first (RFC 2046, section 5.1.1). */
export const delimiterOf = (boundary: string): Buffer => Buffer.from(`\r\n--${boundary}`);

const CR = 0x0d;

/** Length of the longest suffix of `bytes` that is a proper prefix of `delimiter`: what may become one. */
export function heldBack(bytes: Uint8Array, delimiter: Buffer): number {
  const tail = bytes.subarray(Math.max(0, bytes.length - delimiter.length + 1));
  // A delimiter begins with a CR, so only a suffix that begins with one can be the beginning of a delimiter.
  for (let at = tail.indexOf(CR); at >= 0; at = tail.indexOf(CR, at + 1)) {
    if (delimiter.subarray(0, tail.length - at).equals(tail.subarray(at))) return tail.length - at;
  }
  return 0;
}
