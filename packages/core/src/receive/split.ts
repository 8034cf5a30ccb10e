import { delimiterOf, heldBack } from './boundary.ts';

/** Some bytes of a form: a delimiter, or bytes between two. */
export interface Piece {
  readonly bytes: Buffer;
  /** Whether it is a delimiter, which ends the part before it. */
  readonly delimiter: boolean;
}

/** Cuts a form at its delimiters. */
export interface Splitter {
  /**
   * Cuts the next chunk. What may be the beginning of a delimiter is held back until the chunk after it tells; behind the
   * last delimiter nothing is answered any more.
   */
  split(chunk: Buffer): Piece[];
}

const DASH = 0x2d;
const NONE = Buffer.alloc(0);

/**
 * A delimiter is known by its beginning, whatever comes behind it, and what follows the last one is ignored (RFC 2046,
 * section 5.1.1). That is how busboy finds them, too: both look for the same bytes, one after the other.
 */
export function splitter(boundary: string): Splitter {
  const delimiter = delimiterOf(boundary);
  let held: Buffer = Buffer.from('\r\n');
  // The first delimiter needs no line end before it: it has this one, which is not of the form.
  let foreign = held.length;
  // Dashes behind the delimiter of late; undefined once they were looked at. Two make it the last.
  let dashes: number | undefined;
  let ended = false;

  /** Looks at what is behind a delimiter; answers where to look on. */
  const lookBehind = (chunk: Buffer, from: number): number => {
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
  /** Decides about what was held back; answers how many bytes of the chunk are decided with it. */
  const joinHeld = (chunk: Buffer, pieces: Piece[]): number => {
    if (held.length === 0) return 0;
    const seam = Buffer.concat([held, chunk.subarray(0, delimiter.length - 1)]);
    const found = seam.indexOf(delimiter);
    // A delimiter that had begun in what was held would be whole by now, unless the chunk is a short one.
    const short = chunk.length < delimiter.length;
    const open = short ? seam.length - heldBack(seam, delimiter) : held.length;
    const certain = found < 0 ? open : found;
    add(pieces, seam.subarray(foreign, Math.max(foreign, certain)));
    foreign = Math.max(0, foreign - certain);
    if (found < 0) {
      held = short ? seam.subarray(certain) : NONE;
      return short ? chunk.length : 0;
    }
    add(pieces, delimiter.subarray(foreign), true);
    const used = found + delimiter.length - held.length;
    held = NONE;
    foreign = 0;
    dashes = 0;
    return used;
  };

  return {
    split: (chunk) => {
      const pieces: Piece[] = [];
      let from = joinHeld(chunk, pieces);
      while (from < chunk.length && !ended) {
        const at = lookBehind(chunk, from);
        const found = ended ? -1 : chunk.indexOf(delimiter, at);
        if (found < 0) {
          const to = ended ? at : chunk.length - heldBack(chunk.subarray(at), delimiter);
          add(pieces, chunk.subarray(from, to));
          // A copy: the socket's buffer is not kept for the sake of its last bytes.
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
