import { type ImgwireErrorCode, ImgwireUploadError, isImgwireUploadError } from '../base/errors.ts';
import type { WholeFile } from '../inspect/measure-image.ts';
import type { Content, Copy, FileSource, Head, LengthSource, Read, Watch } from './content.ts';
import type { Copies } from './copies.ts';

/** What decides how a length is found. */
export interface LengthRules {
  /** Maximum size of the file, bytes. */
  readonly fileSize: number;
  /** Whether a copy is kept to be sent again. */
  readonly replay: boolean;
}

/** Reads the start of a file: until it ends, or turns out longer than `limit` bytes. */
export async function readAhead(source: FileSource, limit: number): Promise<Head> {
  const chunks: Uint8Array[] = [];
  for (let size = 0; size <= limit; ) {
    const chunk = await source.read();
    if (!chunk) return { bytes: Buffer.concat(chunks), ended: true };
    chunks.push(chunk);
    size += chunk.length;
  }
  return { bytes: Buffer.concat(chunks), ended: false };
}

/**
 * Finds the exact length of a file in the cheapest way that works: the file ended within the read-ahead; or the length is
 * computed from the form, or declared; or the file is spooled to a temporary file first.
 *
 * @throws ImgwireUploadError `LENGTH_REQUIRED` if it would need a spool and `replay` is off; `LENGTH_MISMATCH`
 *   if the declared length is wrong
 */
export async function measure(
  source: FileSource,
  head: Head,
  rules: LengthRules,
  watch: Watch,
  copies: Copies,
): Promise<Content> {
  if (source.content) {
    await watch.end(source.content);
    return source.content;
  }
  const { length } = head.bytes;
  // A declared length is not second-guessed: an interrupted download must not be stored as complete.
  if (source.expectedBy === 'declared' && source.expectedLength !== undefined) {
    const wrong = head.ended ? length !== source.expectedLength : length > source.expectedLength;
    if (wrong) throw new ImgwireUploadError('LENGTH_MISMATCH');
  }
  if (head.ended) return inMemory(head.bytes, 'read-ahead');
  const expected = source.expectedLength;
  // A computed length is the maximum. Above the limit it is useless: either the
  // file exceeds the limit, which reading on will show, or another part follows.
  if (expected !== undefined && expected >= head.bytes.length && expected <= rules.fileSize) {
    return passThrough(source, head, expected, watch, rules.replay ? await copies.open(expected) : undefined);
  }
  if (rules.replay) return spool(source, head, watch, copies);
  if (expected !== undefined && expected > rules.fileSize) await exhaust(source);
  throw new ImgwireUploadError('LENGTH_REQUIRED');
}

/** Content that can be read from its start as often as needed. */
export function repeatable(
  length: number,
  lengthSource: LengthSource,
  body: WholeFile['body'],
  close?: Content['close'],
): Content & WholeFile {
  const drain = async (): Promise<void> => undefined;
  const content: Content & WholeFile = {
    length,
    lengthSource,
    body,
    again: async () => content,
    drain,
    close,
  };
  return content;
}

/** Content in memory. */
export const inMemory = (bytes: Uint8Array, lengthSource: LengthSource): Content & WholeFile =>
  repeatable(bytes.length, lengthSource, (from = 0) => bytes.subarray(from));

const fromCopy = (copy: Copy, lengthSource: LengthSource): Content & WholeFile =>
  repeatable(
    copy.size(),
    lengthSource,
    (from) => copy.reader(from),
    () => copy.close(),
  );

async function spool(source: FileSource, head: Head, watch: Watch, copies: Copies): Promise<Content> {
  const file = await copies.openSpool();
  try {
    await file.append(head.bytes);
    for (let chunk = await source.read(); chunk; chunk = await source.read()) {
      watch.pass(chunk);
      await file.append(chunk);
    }
    const content = fromCopy(file, 'spool');
    await watch.end(content);
    return content;
  } catch (error) {
    await file.close();
    throw error;
  }
}

const ENDED = Promise.resolve(undefined);
const WRONG_LENGTH = { declared: 'LENGTH_MISMATCH', computed: 'LENGTH_REQUIRED' } as const;

/** Forwards the file while it arrives. Bytes are in `copy` before they are sent, so that they can be sent again. */
function passThrough(source: FileSource, head: Head, length: number, watch: Watch, copy?: Copy): Content {
  const { expectedBy = 'computed' } = source;
  let first: Uint8Array | undefined = head.bytes;
  const next = async (): Promise<Uint8Array | undefined> => {
    const chunk = first ?? (await source.read());
    if (!chunk) await (copy ? endCopied(watch, copy) : watch.end());
    else if (!first) watch.pass(chunk);
    first = undefined;
    const busy = chunk && copy?.append(chunk);
    if (busy) await busy;
    // Longer than declared: there is no need to receive the rest.
    if (copy && copy.size() > length && expectedBy === 'declared')
      throw new ImgwireUploadError('LENGTH_MISMATCH');
    return chunk;
  };
  let reading: Promise<unknown> = Promise.resolve();
  const read: Read = () => {
    const chunk = next();
    reading = chunk;
    return chunk;
  };
  // A failed PUT may still wait for a chunk, and then request more. What it gets is in the copy.
  let sending = true;
  const drain = async (): Promise<void> => {
    sending = false;
    await reading.catch(() => undefined);
    while (await read()) {
      // The source must be read to its end.
    }
  };
  return {
    drain,
    length,
    lengthSource: expectedBy,
    body: () => exactly(length, () => (sending ? read() : ENDED), WRONG_LENGTH[expectedBy]),
    ...(copy && {
      again: async () => {
        // Without the copy there is no need to receive the rest.
        if (!copy.lost()) await drain();
        await copy.flush();
        return fromCopy(copy, 'copy');
      },
    }),
    isOnlyOne: !copy || copy.lost(),
    close: copy && (() => copy.close()),
  };
}

/** Ends the inspection of a file with its copy, or without it where that cannot be written. */
async function endCopied(watch: Watch, copy: Copy): Promise<void> {
  try {
    // What was lost is not the whole file.
    if (copy.lost()) await copy.flush();
    await watch.end(fromCopy(copy, 'copy'));
  } catch (error) {
    if (!isTemporaryFileFailed(error)) throw error;
    try {
      await watch.end();
    } catch {
      // It is not the file that is at fault.
      throw error;
    }
  }
}

/** Whether the temporary folder is at fault. */
export const isTemporaryFileFailed = (error: unknown): boolean =>
  isImgwireUploadError(error) && error.code === 'TEMPORARY_FILE_FAILED';

/** At most this much of a large chunk is held back until the end of the file. */
const HELD_BYTES = 64 * 1024;

/**
 * Forwards exactly `length` bytes, and holds the last ones back until the file has ended. So a wrong length can
 * neither complete a truncated object nor write a surplus into the next request on the connection (RFC 9112, section 6.3:
 * a request is as long as its Content-Length says).
 */
function exactly(length: number, read: Read, wrong: ImgwireErrorCode): Read {
  let size = 0;
  let held: Uint8Array | undefined;
  return async () => {
    let chunk = held;
    held = undefined;
    if (!chunk) {
      chunk = await read();
      size += chunk?.length ?? 0;
      if (chunk && size < length) return chunk;
      if (chunk && size === length && chunk.length > HELD_BYTES) {
        held = chunk.subarray(-HELD_BYTES);
        return chunk.subarray(0, -HELD_BYTES);
      }
    }
    if (size === length && chunk) size += await surplus(read);
    if (size !== length) throw new ImgwireUploadError(wrong);
    return chunk;
  };
}

/** Length of the next chunk, 0 at the end. */
async function surplus(read: Read): Promise<number> {
  for (let chunk = await read(); chunk; chunk = await read()) if (chunk.length > 0) return chunk.length;
  return 0;
}

/** Reads a file to its end for the checks on its reads: its limit, its hash. */
export async function exhaust(source: FileSource): Promise<void> {
  while (await source.read()) {
    // The bytes are discarded.
  }
}
