import { Readable } from 'node:stream';
import { ImgwireError, type IncomingRequest } from '@imgwire/core';
import { assertNotReceived } from '@imgwire/core/adapter';
import { assertUnread } from './assert-unread.ts';

/** A web request as core reads it. */
export interface WebIncoming extends IncomingRequest {
  /** The request itself, for the callbacks of the rules. */
  readonly request: Request;
}

/**
 * Lets core receive a web request, and tells it when the client disconnects: until the response is made it waits for it, also
 * when the whole body has arrived.
 *
 * @throws ImgwireError `BODY_ALREADY_READ`, and what `receive` rejects with
 */
export async function receiveIncoming<Form>(
  request: Request,
  headers: IncomingRequest['headers'],
  receive: (incoming: WebIncoming) => Promise<Form>,
): Promise<Form> {
  assertNotReceived(request);
  assertUnread(request);
  const body = toReadable(request.body);
  const { signal } = request;
  const leave = (): void => void body.destroy(new ImgwireError('CLIENT_ABORTED'));
  // One that is destroyed before core listens must not crash the process.
  body.on('error', () => undefined);
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await receive(Object.assign(body, { headers, request }));
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** A web stream as Node's. It pulls one chunk at a time, so that backpressure reaches the client. */
function toReadable(stream: ReadableStream<Uint8Array> | null): Readable {
  const reader = stream?.getReader();
  const pull = async (): Promise<Buffer | null> => {
    const { value } = (await reader?.read()) ?? {};
    // The same bytes, not a copy of them.
    return value ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : null;
  };
  const push = (chunk: Buffer | null): void => {
    if (!body.destroyed) body.push(chunk);
  };
  const body = new Readable({
    // Else it could no longer be destroyed after its end.
    autoDestroy: false,
    read: () => void pull().then(push, (error: Error) => body.destroy(error)),
    destroy: (error, callback) => {
      // The platform may have given it up before.
      reader?.cancel(error).catch(() => undefined);
      callback(error);
    },
  });
  return body;
}
