import { MIMEType } from 'node:util';

/**
 * A content type, read as browsers read it (https://mimesniff.spec.whatwg.org/#parsing-a-mime-type): a quoted string is one
 * value, whatever it holds, and of two parameters with one name the first counts. Undefined for what is none.
 */
export function contentType(header: string | undefined): MIMEType | undefined {
  // Most text parts have none, and to throw costs more than all else that is done for them.
  if (!header) return undefined;
  try {
    return new MIMEType(header);
  } catch {
    return undefined;
  }
}

/** The boundary of a multipart content type; undefined where it has none, or an empty one. */
export function boundaryOf(header: string | undefined): string | undefined {
  return contentType(header)?.params.get('boundary') || undefined;
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
