import { ImgwireError } from '../errors.ts';
import { assertWhole, lengthRequired, receiveInto, sendRest, streamingBody } from './exact-length.ts';
import { resumeReadAhead } from './read-ahead.ts';
import type { Copies } from './replay/copies.ts';
import { fromCopy, inMemory } from './replay/replayable-body.ts';
import type { Reservation } from './reservation.ts';
import type {
  FileSource,
  ReadAhead,
  ReadChunk,
  ReplayCopy,
  StreamInspector,
  UploadBody,
} from './upload-body.ts';

/** The rules that decide how a length is found. */
export interface LengthRules {
  /** Largest file, in bytes. */
  readonly fileSize: number;
  /** Whether to keep a replay copy. */
  readonly replay: boolean;
  /** How much is read ahead, in bytes. */
  readonly readAheadBytes: number;
}

/** What finding a length may use. */
export interface Means {
  readonly copies: Copies;
  readonly reservation: Reservation;
}

/**
 * Finds the exact length of a file in the cheapest way that works. Either the file ended within the read-ahead. Or its length is
 * computed from the form, or declared, and it is sent while it arrives. Or it is received first, in a temporary file.
 *
 * A file is sent while it arrives if its client is fast, a slot is free, and its length is likely right. If it can be sent in no
 * other way, it waits for a slot.
 *
 * @throws ImgwireError `LENGTH_REQUIRED` if it would need a spool and `replay` is off; `LENGTH_MISMATCH` if the declared length
 *   is wrong; `TOO_MANY_UPLOADS` if there is no memory, no disk or no slot for it
 */
export async function findLength(
  file: FileSource,
  first: ReadAhead,
  rules: LengthRules,
  watch: StreamInspector,
  means: Means,
): Promise<UploadBody> {
  const source = first.readOn ? { ...file, read: first.readOn } : file;
  if (source.seekable) {
    await watch.end(source.seekable);
    return source.seekable;
  }
  const head = await enough(first, source, rules, watch, means);
  assertDeclared(source, head);
  const { reservation, copies } = means;
  if (head.ended && (head.isCounted || reservation.tryTake('here')))
    return inMemory(head.bytes, 'read-ahead');
  const length = usableLength(source, head, rules);
  // Another part will follow: then it is sent once, with its length, while that part arrives.
  const waits = rules.replay && source.likelihood === 'unlikely';
  const streams = length !== undefined && !head.isSlow && !waits && reservation.tryTake('arriving');
  const spooled = streams || !rules.replay ? undefined : await openSpool(head, length, means, waits);
  if (spooled) return spool(source, watch, spooled, reservation, length);
  if (length !== undefined) {
    if (!reservation.tryTake('arriving')) await reservation.takeLater('arriving');
    const copy = rules.replay ? await copies.open(length, reservation) : undefined;
    return streamingBody(source, takeBytes(head), length, watch, reservation, copy);
  }
  if (!head.isCounted) throw reservation.busy();
  if (source.expectedLength !== undefined && source.expectedLength > rules.fileSize) await readToEnd(source);
  throw lengthRequired();
}

/**
 * Returns a read-ahead that has ended early if the file can be sent now, while it arrives. A small one is in memory then, as it
 * would be otherwise. Else it is read on.
 */
async function enough(
  head: ReadAhead,
  source: FileSource,
  rules: LengthRules,
  watch: StreamInspector,
  { copies, reservation }: Means,
): Promise<ReadAhead> {
  if (!head.readOn) return head;
  const length = source.expectedLength ?? 0;
  const hasMemory = length > rules.readAheadBytes || copies.hasMemory(length);
  // To wait for its rest is cheaper than another file's second PUT.
  const isFree = hasMemory && reservation.isSlotFree('arriving');
  if (isFree && source.likelihood === 'very likely' && reservation.tryTake('arriving')) return head;
  const resumed = await resumeReadAhead(head, head.readOn, rules.readAheadBytes, reservation);
  const busy = watch.pass(resumed.bytes.subarray(head.bytes.length));
  if (busy) await busy;
  if (resumed.ended) await watch.end(inMemory(resumed.bytes, 'read-ahead'));
  return resumed;
}

/** Takes a declared length at its word: an interrupted download must not be stored as complete. */
function assertDeclared({ expectedBy, expectedLength }: FileSource, { bytes, ended }: ReadAhead): void {
  if (expectedBy !== 'declared' || expectedLength === undefined) return;
  if (ended ? bytes.length !== expectedLength : bytes.length > expectedLength)
    throw new ImgwireError('LENGTH_MISMATCH');
}

/**
 * Returns the length with which a file can be sent while it arrives. A computed length is the maximum. Above the limit it is
 * useless: either the file exceeds the limit, which reading on will show, or another part follows.
 */
function usableLength(
  { expectedLength }: FileSource,
  { bytes, ended }: ReadAhead,
  { fileSize }: LengthRules,
): number | undefined {
  if (ended || expectedLength === undefined) return undefined;
  return expectedLength >= bytes.length && expectedLength <= fileSize ? expectedLength : undefined;
}

/**
 * Opens the copy of a file that is received first, with its read-ahead in it. Undefined if there is neither folder nor room for
 * it, but the file can be sent while it arrives.
 */
async function openSpool(
  head: ReadAhead,
  length: number | undefined,
  { copies, reservation }: Means,
  isBrief: boolean,
): Promise<ReplayCopy | undefined> {
  if (length !== undefined && !reservation.hasDisk(length)) return undefined;
  const keepHead = async (copy: ReplayCopy): Promise<ReplayCopy> => {
    try {
      await copy.append(head.bytes);
      // A full disk shows here, while the read-ahead is in memory.
      await copy.flush();
    } catch (error) {
      await copy.close();
      throw error;
    }
    takeBytes(head);
    reservation.releaseMemory();
    return copy;
  };
  try {
    return await keepHead(await copies.openSpool(reservation, head.isSlow, length, isBrief && !head.isSlow));
  } catch (error) {
    return length === undefined ? keepHead(copies.openInMemory(error)) : undefined;
  }
}

/** Receives a file before it is sent. If there is no room any more, one of known length is sent while its rest arrives. */
async function spool(
  source: FileSource,
  watch: StreamInspector,
  copy: ReplayCopy,
  reservation: Reservation,
  length: number | undefined,
): Promise<UploadBody> {
  const declared = source.expectedBy === 'declared' ? source.expectedLength : undefined;
  try {
    const read: ReadChunk = async () => {
      const chunk = await source.read();
      const busy = chunk && watch.pass(chunk);
      if (busy) await busy;
      return chunk;
    };
    const surplus = await receiveInto(copy, read, declared, length !== undefined);
    if (surplus && length !== undefined) {
      if (!reservation.tryTake('arriving')) await reservation.takeLater('arriving');
      return sendRest(source, watch, copy, surplus, length, reservation);
    }
    assertWhole(copy, declared);
    const content = fromCopy(copy, 'spool');
    await watch.end(content);
    return content;
  } catch (error) {
    await copy.close();
    throw error;
  }
}

function takeBytes(head: ReadAhead): Uint8Array {
  const { bytes } = head;
  head.bytes = NONE;
  return bytes;
}

const NONE = new Uint8Array();

/** Reads a file to its end, for what its reads check and hash. */
export async function readToEnd(source: FileSource): Promise<void> {
  while (await source.read()) {
    // The bytes are discarded.
  }
}
