import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { ImgwireError } from './errors.ts';

/**
 * Calls back with `RESPONSE_ENDED` when anyone sends the response, such as an outer timeout. Returns a function that removes the
 * listeners.
 */
export function onResponseSent(
  res: ServerResponse | undefined,
  callback: (reason: ImgwireError) => void,
): () => void {
  const { stream } = (res ?? {}) as { readonly stream?: Writable & { readonly aborted?: boolean } };
  const onSent = (): void => {
    // The response of HTTP/2 also finishes when the client has reset its stream.
    if (!stream?.aborted) callback(new ImgwireError('RESPONSE_ENDED'));
  };
  // Closed without having ended: the client has disconnected.
  const onClose = (): void => {
    if (res?.writableEnded) onSent();
  };
  if (res?.writableEnded) onSent();
  res?.on('finish', onSent).on('close', onClose);
  // Over HTTP/2 the response itself says so only when its client has sent everything.
  stream?.on('finish', onSent);
  return () => {
    res?.off('finish', onSent).off('close', onClose);
    stream?.off('finish', onSent);
  };
}

/**
 * The socket whose `close` means that the client has disconnected. A request that no server created has none, and a serverless
 * adapter's substitute emits nothing: there the whole request has already arrived.
 */
export function socketOf({ socket }: { readonly socket?: Socket | undefined }): Socket | undefined {
  return typeof socket?.once === 'function' ? socket : undefined;
}
