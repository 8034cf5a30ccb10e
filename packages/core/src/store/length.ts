import { type ImgwireErrorCode, ImgwireUploadError } from '../base/errors.ts';
import type { WholeFile } from '../inspect/measure-image.ts';
import type { Admission } from './admission.ts';
import { ClientRate } from './client-rate.ts';
import type { Content, Copy, FileSource, Head, LengthSource, Read, Watch } from './content.ts';
import type { Copies } from './copies.ts';
import { isTemporaryFileFailed } from './temporary-file.ts';

/** What decides how a length is found. */
export interface LengthRules {
  /** Maximum size of the file, bytes. */
  readonly fileSize: number;
  /** Whether a copy is kept to be sent again. */
  readonly replay: boolean;
}

/** What finding a length may use. */
export interface Means {
  readonly copies: Copies;
  readonly admission: Admission;
}

/**
 * Finds the exact length of a file in the cheapest way that works: the file ended within the read-ahead; or the length is
 * computed from the form, or declared, and the file is sent while it arrives; or it is received first, in a temporary file.
 *
 * A file is sent while it arrives if its client is fast, and a place is free for it. Where it can be sent in no other way it waits for
 * one.
 *
 * @throws ImgwireUploadError `LENGTH_REQUIRED` if it would need a spool and `replay` is off; `LENGTH_MISMATCH`
 *   if the declared length is wrong; `TOO_MANY_UPLOADS` if there is no memory, no disk or no place for it
 */
export async function measure(
  source: FileSource,
  head: Head,
  rules: LengthRules,
  watch: Watch,
  means: Means,
): Promise<Content> {
  if (source.content) {
    await watch.end(source.content);
    return source.content;
  }
  assertDeclared(source, head);
  const { admission, copies } = means;
  if (head.ended && (head.isCounted || admission.tryTake('here'))) return inMemory(head.bytes, 'read-ahead');
  const length = usableLength(source, head, rules);
  const streams = length !== undefined && !head.isSlow && admission.tryTake('arriving');
  const spooled = streams || !rules.replay ? undefined : await openSpool(head, length, means);
  if (spooled) return spool(source, watch, spooled);
  if (length !== undefined) {
    if (!admission.tryTake('arriving')) await admission.wait('arriving');
    const copy = rules.replay ? await copies.open(length, admission) : undefined;
    return passThrough(source, head, length, watch, admission, copy);
  }
  if (!head.isCounted) throw admission.busy();
  if (source.expectedLength !== undefined && source.expectedLength > rules.fileSize) await exhaust(source);
  throw new ImgwireUploadError('LENGTH_REQUIRED');
}

/** A declared length is not second-guessed: an interrupted download must not be stored as complete. */
function assertDeclared({ expectedBy, expectedLength }: FileSource, { bytes, ended }: Head): void {
  if (expectedBy !== 'declared' || expectedLength === undefined) return;
  if (ended ? bytes.length !== expectedLength : bytes.length > expectedLength)
    throw new ImgwireUploadError('LENGTH_MISMATCH');
}

/**
 * The length with which a file can be sent while it arrives. A computed length is the maximum. Above the limit it is useless:
 * either the file exceeds the limit, which reading on will show, or another part follows.
 */
function usableLength(
  { expectedLength }: FileSource,
  { bytes, ended }: Head,
  { fileSize }: LengthRules,
): number | undefined {
  if (ended || expectedLength === undefined) return undefined;
  return expectedLength >= bytes.length && expectedLength <= fileSize ? expectedLength : undefined;
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

/**
 * The copy of a file that is received first, with its head in it. Undefined where there is neither folder nor room for it, but the
 * file can be sent while it arrives.
 */
async function openSpool(
  head: Head,
  length: number | undefined,
  { copies, admission }: Means,
): Promise<Copy | undefined> {
  if (length !== undefined && !admission.hasDisk(length)) return undefined;
  const copy = await copies.openSpool(admission, head.isSlow, length);
  try {
    await copy.append(head.bytes);
    // A full disk shows here, while the head is in memory.
    if (head.isSlow) await copy.flush();
    takeBytes(head);
    admission.releaseMemory();
    return copy;
  } catch (error) {
    await copy.close();
    if (length === undefined) throw error;
    return undefined;
  }
}

async function spool(source: FileSource, watch: Watch, copy: Copy): Promise<Content> {
  const declared = source.expectedBy === 'declared' ? source.expectedLength : undefined;
  try {
    for (let chunk = await source.read(); chunk; chunk = await source.read()) {
      watch.pass(chunk);
      const busy = copy.append(chunk);
      if (busy) await busy;
      // Longer than declared: there is no need to receive the rest.
      if (declared !== undefined && copy.size() > declared) break;
    }
    if (declared !== undefined && copy.size() !== declared) throw new ImgwireUploadError('LENGTH_MISMATCH');
    const content = fromCopy(copy, 'spool');
    await watch.end(content);
    return content;
  } catch (error) {
    await copy.close();
    throw error;
  }
}

function takeBytes(head: Head): Uint8Array {
  const { bytes } = head;
  head.bytes = NONE;
  return bytes;
}

const NONE = new Uint8Array();
const ENDED = Promise.resolve(undefined);
const WRONG_LENGTH = { declared: 'LENGTH_MISMATCH', computed: 'LENGTH_REQUIRED' } as const;

/** Forwards the file while it arrives. Bytes are in `copy` before they are sent, so that they can be sent again. */
function passThrough(
  source: FileSource,
  head: Head,
  length: number,
  watch: Watch,
  admission: Admission,
  copy?: Copy,
): Content {
  const { expectedBy = 'computed' } = source;
  let first: Uint8Array | undefined = takeBytes(head);
  const rate = new ClientRate();
  let hasEnded: boolean = false;
  const receive = async (): Promise<Uint8Array | undefined> => {
    // The head is sent: what follows is the memory of the transfer.
    admission.releaseMemory();
    rate.wait();
    const chunk = await source.read();
    rate.arrived(chunk?.length ?? 0);
    hasEnded = chunk === undefined;
    return chunk;
  };
  const next = async (): Promise<Uint8Array | undefined> => {
    const chunk = first ?? (await receive());
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
  const drain = async (isSlow = false): Promise<void> => {
    sending = false;
    await reading.catch(() => undefined);
    if (isSlow) await copy?.leavePool();
    while (await read()) {
      // The source must be read to its end.
    }
  };
  return {
    drain: () => drain(),
    length,
    lengthSource: expectedBy,
    body: () => exactly(length, () => (sending ? read() : ENDED), WRONG_LENGTH[expectedBy]),
    ...(copy && {
      isSlow: () => !hasEnded && !copy.lost() && rate.isSlow(),
      again: async (isSlow?: boolean) => {
        // Without the copy there is no need to receive the rest.
        if (!copy.lost()) await drain(isSlow);
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
