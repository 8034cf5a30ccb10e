import { ImgwireError, type ImgwireErrorCode } from '../errors.ts';
import { ClientRate } from './client-rate.ts';
import { isCopyLost } from './replay/copies.ts';
import { fromCopy } from './replay/replayable-body.ts';
import type { Reservation } from './reservation.ts';
import type { FileSource, ReadChunk, ReplayCopy, StreamInspector, UploadBody } from './upload-body.ts';

const ENDED = Promise.resolve(undefined);
const WRONG_LENGTH = { declared: 'LENGTH_MISMATCH', computed: 'LENGTH_REQUIRED' } as const;

/** Forwards the file while it arrives. Bytes are in `copy` before they are sent, so that they can be sent again. */
export function streamingBody(
  source: FileSource,
  head: Uint8Array | undefined,
  length: number,
  watch: StreamInspector,
  reservation: Reservation,
  copy?: ReplayCopy,
): UploadBody {
  const { expectedBy = 'computed' } = source;
  const most = expectedBy === 'declared' ? length : Number.POSITIVE_INFINITY;
  let first = head;
  const rate = new ClientRate();
  let hasEnded: boolean = false;
  const inspected = async (): Promise<Uint8Array | undefined> => {
    let chunk = first;
    if (!chunk) {
      // The head is sent: what follows is the memory of the transfer.
      reservation.releaseMemory();
      rate.wait();
      chunk = await source.read();
      rate.arrived(chunk?.length ?? 0);
      hasEnded = chunk === undefined;
      if (chunk) watch.pass(chunk);
      else await (copy ? endCopied(watch, copy) : watch.end());
    }
    first = undefined;
    return chunk;
  };
  /** What arrives for a PUT that has ended is handed over to who receives the rest. */
  let handOver: { chunk?: Uint8Array | undefined } | undefined;
  const next = async (): Promise<Uint8Array | undefined> => {
    const chunk = await inspected();
    if (handOver) handOver.chunk = chunk;
    else if (chunk && copy) await keep(copy, chunk, most);
    return chunk;
  };
  let reading: Promise<Uint8Array | undefined> = ENDED;
  const read: ReadChunk = () => {
    reading = next();
    return reading;
  };
  // A failed PUT may still wait for a chunk, and then request more.
  let sending = true;
  const stop = async (): Promise<void> => {
    sending = false;
    await reading.catch(() => undefined);
  };
  const again = async (kept: ReplayCopy, isSlow: boolean): Promise<UploadBody> => {
    handOver = {};
    if (!kept.lost()) await stop();
    if (isSlow) await kept.leavePool();
    // Without the copy there is no need to receive the rest.
    while (!kept.lost()) {
      const chunk: Uint8Array | undefined = handOver.chunk ?? (await inspected());
      handOver = {};
      if (!chunk) break;
      if (!kept.hasRoom(chunk.length)) return sendRest(source, watch, kept, chunk, length, reservation);
      await keep(kept, chunk, most);
    }
    await kept.flush();
    if (expectedBy === 'declared' && kept.size() !== length) throw new ImgwireError('LENGTH_MISMATCH');
    return fromCopy(kept, 'replay');
  };
  return {
    drain: async () => {
      await stop();
      while (await read()) {
        // The source must be read to its end.
      }
    },
    length,
    lengthSource: expectedBy,
    body: () => exactly(length, () => (sending ? read() : ENDED), WRONG_LENGTH[expectedBy]),
    ...(copy && {
      yields: () => !hasEnded && copy.hasRoom(length - copy.size()) && rate.isSlow(),
      replay: (isSlow = false) => again(copy, isSlow),
    }),
    isOnlyOne: !copy || copy.lost(),
    close: copy && (() => copy.close()),
  };
}

async function keep(copy: ReplayCopy, chunk: Uint8Array, most: number): Promise<void> {
  const busy = copy.append(chunk);
  if (busy) await busy;
  // Longer than declared: there is no need to receive the rest.
  if (copy.size() > most) throw new ImgwireError('LENGTH_MISMATCH');
}

/** Forwards a file of which the start is in `copy`, and the rest arrives. */
export function sendRest(
  source: FileSource,
  watch: StreamInspector,
  copy: ReplayCopy,
  chunk: Uint8Array,
  length: number,
  reservation: Reservation,
): UploadBody {
  const start = copy.reader();
  let pending: Uint8Array | undefined = chunk;
  const read: ReadChunk = async () => {
    if (pending) {
      const kept = await start();
      if (kept) return kept;
      pending = undefined;
      return chunk;
    }
    const next = await source.read();
    if (next) watch.pass(next);
    return next;
  };
  const seen = { pass: () => undefined, end: () => watch.end() };
  const content = streamingBody({ ...source, read }, undefined, length, seen, reservation);
  return { ...content, origin: 'arriving', close: () => copy.close() };
}

/** Ends the inspection of a file with its copy, or without it where that was lost. */
async function endCopied(watch: StreamInspector, copy: ReplayCopy): Promise<void> {
  try {
    // What was lost is not the whole file.
    if (copy.lost()) await copy.flush();
    await watch.end(fromCopy(copy, 'replay'));
  } catch (error) {
    if (!isCopyLost(error)) throw error;
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
function exactly(length: number, read: ReadChunk, wrong: ImgwireErrorCode): ReadChunk {
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
    if (size === length && chunk) size += await extraBytes(read);
    if (size !== length) throw new ImgwireError(wrong);
    return chunk;
  };
}

/** Length of the next chunk, 0 at the end. */
async function extraBytes(read: ReadChunk): Promise<number> {
  for (let chunk = await read(); chunk; chunk = await read()) if (chunk.length > 0) return chunk.length;
  return 0;
}
