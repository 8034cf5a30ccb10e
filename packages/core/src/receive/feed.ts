import type { Writable } from 'node:stream';
import type { Read } from '../store/content.ts';
import type { MulterFile } from '../store/multer-storage.ts';
import { accountParts } from './account-parts.ts';
import { delimiterOf, heldBack } from './boundary.ts';
import { closingLength } from './closing.ts';
import { openPartBody, type PartBody } from './part-body.ts';
import { type Piece, splitter } from './split.ts';
import type { TextPart } from './text-part.ts';

/** A file part as the client declared it, before any byte of it was inspected. */
export interface FilePart {
  readonly fieldname: string;
  /** UTF-8, without the path that some clients send. */
  readonly originalname: string;
  readonly encoding: string;
  /** The next chunk, undefined at the end of the file. Rejects when the rest will not come. */
  readonly read: Read;
  /** Its length in bytes if it is the last part of the form; undefined when that cannot be known. */
  readonly lengthIfLast?: number | undefined;
}

/** Consumes a form, chunk by chunk. */
export interface FormFeed {
  /**
   * The promise, if any, resolves when the form may continue.
   *
   * @throws ImgwireUploadError `MALFORMED_MULTIPART`, see account-parts.ts
   */
  fed(chunk: Buffer): Promise<unknown> | undefined;
}

/** Where a form is fed to. */
export interface FormSinks {
  readonly boundary: string;
  /** Length of the whole body in bytes, if it is known. */
  readonly contentLength: number | undefined;
  /** busboy, as multer has set it up. */
  readonly parser: Writable;
  /** Where multer puts a file as soon as the parser has read the headers of its part. */
  readonly begun: MulterFile[];
  /** Receives the bytes of parts that are not files. */
  readonly text: TextPart;
  /** Receives a file. The promise, if any, resolves when the form may continue. */
  onFile(part: FilePart): Promise<void> | undefined;
}

/**
 * Feeds a form to the parser, except for the bodies of its files: once the parser has read the headers of a file's part, the
 * bytes up to the next delimiter go straight to the reader of the file. The parser would hand on the same bytes, since
 * it searches for the same delimiter; letting it search too costs a fifth of what both sockets cost (bench/README.md).
 */
export function formFeed({ boundary, contentLength, parser, begun, text, onFile }: FormSinks): FormFeed {
  const delimiter = delimiterOf(boundary);
  const closing = closingLength(boundary);
  const pieces = splitter(delimiter);
  const account = accountParts(parser);
  let position = 0;
  let file: PartBody | undefined;
  // The end of what the parser was fed, as far as a delimiter may start in it. Initially a CRLF, which the form lacks.
  let tail: Uint8Array = Buffer.from('\r\n');

  const begin = (
    { fieldname, originalname, encoding, stream }: MulterFile,
    ended: boolean,
  ): Promise<void>[] => {
    const body = openPartBody();
    const read = stream.read() as Buffer | null;
    // What the parser holds back, because a delimiter may start in it. When the parser emits it later, it is discarded.
    const held = Buffer.from(ended ? [] : tail.subarray(tail.length - heldBack(tail, delimiter)));
    stream.resume();
    const first = position - held.length - (read?.length ?? 0);
    const room = [read, held].map((bytes) => (bytes?.length ? body.push(bytes) : undefined));
    if (ended) body.end();
    else file = body;
    const admitted = onFile({
      fieldname,
      // Control characters do not belong in a name, but an extended one (RFC 5987) can carry them.
      originalname: originalname.replaceAll(/\p{Cc}/gu, ''),
      encoding,
      read: body.read,
      lengthIfLast: ended || contentLength === undefined ? undefined : contentLength - first - closing,
    });
    return [...room, admitted].filter((wait) => wait !== undefined);
  };
  const parse = ({ bytes, delimiter: ended }: Piece, waits: Promise<void>[]): void => {
    const known = bytes.length < delimiter.length ? Buffer.concat([tail, bytes]) : bytes;
    tail = known.subarray(Math.max(0, known.length - delimiter.length + 1));
    if (!ended) text.add(bytes);
    const untilTaken = writeTo(parser, bytes);
    if (ended) {
      text.end();
      account();
    }
    // The parser may have held back the end of a part's headers. Such a file begins and ends with the delimiter.
    waits.push(...begun.splice(0).flatMap((part) => begin(part, ended)));
    const taken = untilTaken();
    if (taken) waits.push(taken);
  };

  return {
    fed: (chunk) => {
      const waits: Promise<void>[] = [];
      for (const piece of pieces.split(chunk)) {
        position += piece.bytes.length;
        if (piece.delimiter) {
          file?.end();
          file = undefined;
        }
        if (!file) {
          parse(piece, waits);
          continue;
        }
        const room = file.push(piece.bytes);
        if (room) waits.push(room);
      }
      return waits.length > 1 ? Promise.all(waits) : waits[0];
    },
  };
}

/**
 * Writes to the parser. The returned function gives the promise, if any, that resolves when it has taken the bytes: it waits for
 * the reader of a file that multer drops.
 */
function writeTo(parser: Writable, bytes: Uint8Array): () => Promise<void> | undefined {
  let taken: (() => void) | undefined;
  parser.write(bytes, () => taken?.());
  return () => {
    if (parser.writableLength === 0) return undefined;
    return new Promise((resolve) => {
      taken = resolve;
    });
  };
}
