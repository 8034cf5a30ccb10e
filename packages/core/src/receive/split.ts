import { heldBack } from './boundary.ts';

/** A piece of a form: a delimiter, or bytes between two. */
export interface Piece {
  readonly bytes: Buffer;
  /** Whether it is a delimiter, which ends the part before it. */
  readonly delimiter: boolean;
}

/** Cuts a form at its delimiters. */
export interface Splitter {
  /**
   * Cuts the next chunk. The possible start of a delimiter is held back until the next chunk decides; after the
   * last delimiter nothing is returned.
   */
  split(chunk: Buffer): Piece[];
}

const DASH = 0x2d;
const NONE = Buffer.alloc(0);

/**
 * A delimiter counts whatever follows it on its line, and everything after the last one is ignored (RFC 2046,
 * section 5.1.1). busboy does the same: both search for the same bytes in the same order.
 */
export function splitter(delimiter: Buffer): Splitter {
  let held: Buffer = Buffer.from('\r\n');
  // The first delimiter needs no CRLF before it: it gets this one, which is not part of the form.
  let synthetic = held.length;
  // Dashes seen after the latest delimiter; undefined once that is decided. Two make it the last.
  let dashes: number | undefined;
  let ended = false;

  /** Counts the dashes after a delimiter; returns where to search on. */
  const countDashes = (chunk: Buffer, from: number): number => {
    let at = from;
    while (dashes !== undefined && !ended && at < chunk.length) {
      if (chunk[at] === DASH) {
        at += 1;
        dashes += 1;
        ended = dashes === 2;
      } else {
        dashes = undefined;
      }
    }
    return at;
  };
  /** Decides what the held bytes are; returns how many bytes of the chunk were used for that. */
  const joinHeld = (chunk: Buffer, pieces: Piece[]): number => {
    if (held.length === 0) return 0;
    const seam = Buffer.concat([held, chunk.subarray(0, delimiter.length - 1)]);
    const found = seam.indexOf(delimiter);
    // A delimiter that starts in the held bytes would be complete by now, unless the chunk is short.
    const short = chunk.length < delimiter.length;
    const open = short ? seam.length - heldBack(seam, delimiter) : held.length;
    const certain = found < 0 ? open : found;
    add(pieces, seam.subarray(synthetic, Math.max(synthetic, certain)));
    synthetic = Math.max(0, synthetic - certain);
    if (found < 0) {
      held = short ? seam.subarray(certain) : NONE;
      return short ? chunk.length : 0;
    }
    add(pieces, delimiter.subarray(synthetic), true);
    const used = found + delimiter.length - held.length;
    held = NONE;
    synthetic = 0;
    dashes = 0;
    return used;
  };

  return {
    split: (chunk) => {
      const pieces: Piece[] = [];
      let from = joinHeld(chunk, pieces);
      while (from < chunk.length && !ended) {
        const at = countDashes(chunk, from);
        const found = ended ? -1 : chunk.indexOf(delimiter, at);
        if (found < 0) {
          const to = ended ? at : chunk.length - heldBack(chunk.subarray(at), delimiter);
          add(pieces, chunk.subarray(from, to));
          // A copy, so as not to retain the socket's whole buffer for its last bytes.
          held = Buffer.from(chunk.subarray(ended ? chunk.length : to));
          break;
        }
        add(pieces, chunk.subarray(from, found));
        add(pieces, chunk.subarray(found, found + delimiter.length), true);
        from = found + delimiter.length;
        dashes = 0;
      }
      return pieces;
    },
  };
}

function add(pieces: Piece[], bytes: Buffer, delimiter = false): void {
  if (bytes.length > 0) pieces.push({ bytes, delimiter });
}
