import { types } from 'node:util';
import type { Signal } from '../cancellation.ts';
import { CHUNK_BYTES, chunkReader } from '../chunks.ts';
import { malformedResponse, toUpstreamError, wasSentTwice } from '../service/upstream-error.ts';
import type { Context } from './context.ts';
import type { CreatedUpload } from './created-upload.ts';
import { publish, startClock } from './events.ts';
import type { ReadChunk, UploadBody } from './upload-body.ts';

/** What an upload has cost upstream, its retries included. */
export interface UpstreamCost {
  /** Records created. */
  records: number;
  /** PUTs begun. */
  puts: number;
  /** Bytes sent in them. */
  bytesSent: number;
}

/**
 * Sends the bytes to the record's presigned URL: one attempt, without the API key.
 *
 * @throws ImgwireError `UPSTREAM_REJECTED` (with `upstreamStatus`), `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`,
 *   `LENGTH_MISMATCH`, `LENGTH_REQUIRED`; the signal's reason when it aborts
 */
export async function put(
  { http, putIdleTimeoutMs, seen }: Context,
  { image, uploadUrl }: CreatedUpload,
  content: UploadBody,
  mimetype: string,
  signal: Signal,
  cost: UpstreamCost,
): Promise<void> {
  const call = 'PUT upload_url';
  const { origin, pathname, search } = new URL(uploadUrl);
  seen.storageOrigin = origin;
  const durationMs = startClock();
  cost.puts += 1;
  let sent = 0;
  const count = (chunk: Uint8Array): void => {
    sent += chunk.length;
    cost.bytesSent += chunk.length;
  };
  const countSecond = (): void => {
    cost.puts += 1;
    cost.bytesSent += content.length;
  };
  const sending = http.send({
    call,
    method: 'PUT',
    origin,
    path: pathname + search,
    // The object storage requires a length, and the signature covers the type that the record was created with.
    headers: { 'content-type': mimetype, 'content-length': String(content.length) },
    body: toBody(content.body(), count),
    idleTimeoutMs: putIdleTimeoutMs,
    discardBody: true,
    // A body that cannot be sent again must not go over a connection that the object storage is about to close.
    connection: content.isOnlyOne ? 'fresh' : content.connection,
    signal,
  });
  const response = await sending.catch((error: unknown) => {
    if (wasSentTwice(error)) countSecond();
    throw error;
  });
  if (response.wasSentTwice) countSecond();
  if (response.status >= 200 && response.status < 300) {
    // HTTP lets a server respond early. A success before everything was sent cannot be trusted.
    if (sent !== content.length) throw malformedResponse(call);
    publish('imgwire:upload:put', () => ({ imageId: image.id, bytes: sent, durationMs: durationMs() }));
    return;
  }
  const retryAfter = response.header('retry-after');
  // An error of the object storage may quote the signature. Its code says enough.
  const [, body = ''] = /<Code>(\w+)<\/Code>/.exec(response.body) ?? [];
  throw toUpstreamError({ call, status: response.status, body, retryAfter });
}

/** The body for undici, which counts what was read. */
function toBody(
  body: Uint8Array | ReadChunk,
  onChunk: (chunk: Uint8Array) => void,
): Uint8Array | AsyncIterable<Uint8Array> {
  // A single write needs no counting.
  if (types.isUint8Array(body) && body.length <= CHUNK_BYTES) {
    onChunk(body);
    // undici recognises a Buffer even if the global Uint8Array is not Node's.
    return Buffer.from(body.buffer, body.byteOffset, body.length);
  }
  const read = types.isUint8Array(body) ? chunkReader(body) : body;
  const toResult = (value: Uint8Array | undefined): IteratorResult<Uint8Array, undefined> => {
    if (!value) return { done: true, value };
    onChunk(value);
    return { done: false, value };
  };
  return { [Symbol.asyncIterator]: () => ({ next: () => read().then(toResult) }) };
}
