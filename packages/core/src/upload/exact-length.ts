import { CHUNK_BYTES } from '../chunks.ts';
import { ImgwireError } from '../errors.ts';
import { ClientRate } from './client-rate.ts';
import { isCopyLost } from './replay/copies.ts';
import { fromCopy } from './replay/replayable-body.ts';
import type { Reservation } from './reservation.ts';
import type { FileSource, ReadChunk, ReplayCopy, StreamInspector, UploadBody } from './upload-body.ts';

const ENDED = Promise.resolve(undefined);
/** The error of a file that its client must send in another way. */
export const lengthRequired = (): ImgwireError =>
  new ImgwireError('LENGTH_REQUIRED', {
    cause: new Error(
      'Without a replay copy, a large file must be the last part of a form that has a Content-Length, and ends with one CRLF behind its last boundary',
    ),
  });
const wrongLength = {
  declared: () => new ImgwireError('LENGTH_MISMATCH'),
  computed: lengthRequired,
};

/** Sends a file while it arrives. Bytes are in `copy` before they are sent, so that they can be sent again. */
export function streamingBody(
  source: FileSource,
  head: Uint8Array | undefined,
  length: number,
  watch: StreamInspector,
  reservation: Reservation,
  copy?: ReplayCopy,
): UploadBody {
  const { expectedBy = 'computed' } = source;
  const declared = expectedBy === 'declared' ? length : undefined;
  let first = head;
  const rate = new ClientRate();
  let hasEnded: boolean = false;
  const inspected = async (): Promise<Uint8Array | undefined> => {
    let chunk = first;
    if (!chunk) {
      // The read-ahead is sent: what follows is the memory of the slot.
      reservation.releaseMemory();
      rate.wait();
      chunk = await source.read();
      rate.arrived(chunk?.length ?? 0);
      hasEnded = chunk === undefined;
      const busy = chunk && watch.pass(chunk);
      if (busy) await busy;
      if (!chunk) await (copy ? endCopied(watch, copy) : watch.end());
    }
    first = undefined;
    return chunk;
  };
  /** Takes the chunk for which a PUT still waits when it ends: it goes to whoever receives the rest. */
  let handOver: { chunk?: Uint8Array | undefined } | undefined;
  const next = async (): Promise<Uint8Array | undefined> => {
    const chunk = await inspected();
    if (handOver) handOver.chunk = chunk;
    else if (chunk && copy) await keep(chunk, copy, declared);
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
  const replay = async (kept: ReplayCopy, isSlow: boolean): Promise<UploadBody> => {
    handOver = {};
    if (!kept.lost()) await stop();
    if (isSlow) await kept.leavePool();
    const rest: ReadChunk = async () => {
      const chunk = handOver?.chunk ?? (await inspected());
      handOver = {};
      return chunk;
    };
    const surplus = await receiveInto(kept, rest, declared, true);
    if (surplus) return sendRest(source, watch, kept, surplus, length, reservation);
    await kept.flush();
    assertWhole(kept, declared);
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
    body: () => exactly(length, () => (sending ? read() : ENDED), wrongLength[expectedBy]),
    ...(copy && {
      yields: () => !hasEnded && copy.hasRoom(length - copy.size()) && rate.isSlow(),
      replay: (isSlow = false) => replay(copy, isSlow),
    }),
    isOnlyOne: !copy || copy.lost(),
    close: copy && (() => copy.close()),
  };
}

/**
 * Receives the rest of a file into its copy.
 *
 * @param declared the length that its sender has declared
 * @param isBounded whether to stop where the copy has no room
 * @returns the chunk for which there is no room; undefined at the end of the file, and once the copy is lost
 * @throws ImgwireError `LENGTH_MISMATCH` for a file longer than declared
 */
export async function receiveInto(
  copy: ReplayCopy,
  read: ReadChunk,
  declared: number | undefined,
  isBounded: boolean,
): Promise<Uint8Array | undefined> {
  while (!copy.lost()) {
    const chunk = await read();
    if (!chunk) return undefined;
    if (isBounded && !copy.hasRoom(chunk.length)) return chunk;
    await keep(chunk, copy, declared);
  }
  return undefined;
}

async function keep(chunk: Uint8Array, copy: ReplayCopy, declared: number | undefined): Promise<void> {
  const busy = copy.append(chunk);
  if (busy) await busy;
  // There is no need to receive the rest.
  if (declared !== undefined && copy.size() > declared) throw new ImgwireError('LENGTH_MISMATCH');
}

/** @throws ImgwireError `LENGTH_MISMATCH` for a copy that has not the declared length */
export function assertWhole(copy: ReplayCopy, declared: number | undefined): void {
  if (declared !== undefined && copy.size() !== declared) throw new ImgwireError('LENGTH_MISMATCH');
}

/** Sends a file whose start is in `copy`, while its rest arrives. */
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
    const busy = next && watch.pass(next);
    if (busy) await busy;
    return next;
  };
  const seen = { pass: () => undefined, end: () => watch.end() };
  const content = streamingBody({ ...source, read }, undefined, length, seen, reservation);
  return { ...content, origin: 'arriving', close: () => copy.close() };
}

/** Ends the inspection of a file, with its copy unless that was lost. */
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
      // The file is not at fault.
      throw error;
    }
  }
}

/**
 * Forwards exactly `length` bytes, and holds the last ones back until the file has ended. So a wrong length can
 * neither complete a truncated object nor write a surplus into the next request on the connection (RFC 9112, section 6.3:
 * a request is as long as its Content-Length says).
 */
function exactly(length: number, read: ReadChunk, toError: () => ImgwireError): ReadChunk {
  let size = 0;
  let held: Uint8Array | undefined;
  return async () => {
    let chunk = held;
    held = undefined;
    if (!chunk) {
      chunk = await read();
      size += chunk?.length ?? 0;
      if (chunk && size < length) return chunk;
      // Of a large chunk only its end: the rest need not wait.
      if (chunk && size === length && chunk.length > CHUNK_BYTES) {
        held = chunk.subarray(-CHUNK_BYTES);
        return chunk.subarray(0, -CHUNK_BYTES);
      }
    }
    if (size === length && chunk) size += await extraBytes(read);
    if (size !== length) throw toError();
    return chunk;
  };
}

/** Length of the next chunk, 0 at the end. */
async function extraBytes(read: ReadChunk): Promise<number> {
  for (let chunk = await read(); chunk; chunk = await read()) if (chunk.length > 0) return chunk.length;
  return 0;
}
