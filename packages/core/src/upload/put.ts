import { types } from 'node:util';
import type { Signal } from '../cancellation.ts';
import { malformedResponse, toUpstreamError } from '../service/upstream-error.ts';
import type { Context } from './context.ts';
import type { CreatedUpload } from './create.ts';
import { publish, startClock } from './events.ts';
import type { ReadChunk, UploadBody } from './upload-body.ts';

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
): Promise<void> {
  const call = 'PUT upload_url';
  const { origin, pathname, search } = new URL(uploadUrl);
  seen.storeOrigin = origin;
  const durationMs = startClock();
  let sent = 0;
  const count = (chunk: Uint8Array): void => {
    sent += chunk.length;
  };
  const answer = await http.send({
    call,
    method: 'PUT',
    origin,
    path: pathname + search,
    // The store requires a length, and the signature covers the type that the record was created with.
    headers: { 'content-type': mimetype, 'content-length': String(content.length) },
    body: toBody(content.body(), count),
    idleTimeoutMs: putIdleTimeoutMs,
    discardBody: true,
    // A body that cannot be sent again must not go over a connection that the store is about to close.
    freshConnection: content.isOnlyOne ?? false,
    signal,
  });
  if (answer.status >= 200 && answer.status < 300) {
    // HTTP lets a server respond early. A success before everything was sent cannot be trusted.
    if (sent !== content.length) throw malformedResponse(call);
    publish('imgwire:upload:put', () => ({ imageId: image.id, bytes: sent, durationMs: durationMs() }));
    return;
  }
  const retryAfter = answer.header('retry-after');
  // A store's error may quote the signature; its code says enough.
  const [, body = ''] = /<Code>(\w+)<\/Code>/.exec(answer.body) ?? [];
  throw toUpstreamError({ call, status: answer.status, body, retryAfter });
}

const CHUNK_BYTES = 64 * 1024;

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
  const read = types.isUint8Array(body) ? inChunks(body) : body;
  const toResult = (value: Uint8Array | undefined): IteratorResult<Uint8Array, undefined> => {
    if (!value) return { done: true, value };
    onChunk(value);
    return { done: false, value };
  };
  return { [Symbol.asyncIterator]: () => ({ next: () => read().then(toResult) }) };
}

function inChunks(bytes: Uint8Array): ReadChunk {
  let at = 0;
  return async () => {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    at += chunk.length;
    return chunk.length > 0 ? chunk : undefined;
  };
}
