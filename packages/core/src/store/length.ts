import { ImgwireUploadError } from '../base/errors.ts';
import type { Admission } from './admission.ts';
import type { Content, Copy, FileSource, Head, Watch } from './content.ts';
import type { Copies } from './copies.ts';
import { passThrough, sendRest } from './pass-through.ts';
import { fromCopy, inMemory } from './repeatable.ts';

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
  if (spooled) return spool(source, watch, spooled, admission, length);
  if (length !== undefined) {
    if (!admission.tryTake('arriving')) await admission.wait('arriving');
    const copy = rules.replay ? await copies.open(length, admission) : undefined;
    return passThrough(source, takeBytes(head), length, watch, admission, copy);
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
  const keepHead = async (copy: Copy): Promise<Copy> => {
    try {
      await copy.append(head.bytes);
      // A full disk shows here, while the head is in memory.
      await copy.flush();
    } catch (error) {
      await copy.close();
      throw error;
    }
    takeBytes(head);
    admission.releaseMemory();
    return copy;
  };
  try {
    return await keepHead(await copies.openSpool(admission, head.isSlow, length));
  } catch (error) {
    return length === undefined ? keepHead(copies.openInMemory(error)) : undefined;
  }
}

/** Receives a file before it is sent. One of known length for which there is no room any more is sent while the rest arrives. */
async function spool(
  source: FileSource,
  watch: Watch,
  copy: Copy,
  admission: Admission,
  length: number | undefined,
): Promise<Content> {
  const declared = source.expectedBy === 'declared' ? source.expectedLength : undefined;
  try {
    for (let chunk = await source.read(); chunk; chunk = await source.read()) {
      watch.pass(chunk);
      if (length !== undefined && !copy.hasRoom(chunk.length)) {
        if (!admission.tryTake('arriving')) await admission.wait('arriving');
        return sendRest(source, watch, copy, chunk, length, admission);
      }
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

/** Reads a file to its end for the checks on its reads: its limit, its hash. */
export async function exhaust(source: FileSource): Promise<void> {
  while (await source.read()) {
    // The bytes are discarded.
  }
}
