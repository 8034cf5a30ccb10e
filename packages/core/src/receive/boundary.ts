import { MIMEType } from 'node:util';

/**
 * A content type, parsed as browsers do (https://mimesniff.spec.whatwg.org/#parsing-a-mime-type): a quoted string is one
 * value, whatever it contains, and the first of two parameters with the same name counts. Undefined if invalid.
 */
export function contentType(header: string | undefined): MIMEType | undefined {
  // Most text parts have none, and throwing costs more than the rest of their processing.
  if (!header) return undefined;
  try {
    return new MIMEType(header);
  } catch {
    return undefined;
  }
}

/** The boundary of a multipart content type; undefined if it has none, or an empty one. */
export function boundaryOf(header: string | undefined): string | undefined {
  return contentType(header)?.params.get('boundary') || undefined;
}

/** What precedes each part and follows the last one; the CRLF is optional for the first (RFC 2046, section 5.1.1). */
export const delimiterOf = (boundary: string): Buffer => Buffer.from(`\r\n--${boundary}`);

const CR = 0x0d;

/** Length of the longest suffix of `bytes` that is a proper prefix of `delimiter`, and so may become one. */
export function heldBack(bytes: Uint8Array, delimiter: Buffer): number {
  const tail = bytes.subarray(Math.max(0, bytes.length - delimiter.length + 1));
  // A delimiter begins with its only CR.
  for (let at = tail.indexOf(CR); at >= 0; at = tail.indexOf(CR, at + 1)) {
    if (delimiter.subarray(0, tail.length - at).equals(tail.subarray(at))) return tail.length - at;
  }
  return 0;
}
