import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { ImgwireUploadError } from './errors.ts';

/**
 * Calls back with `RESPONSE_ENDED` when a response is sent by anyone, such as an outer timeout. Returns a function that removes
 * the listeners.
 */
export function whenAnswered(
  res: ServerResponse | undefined,
  callback: (reason: ImgwireUploadError) => void,
): () => void {
  const { stream } = (res ?? {}) as { readonly stream?: Writable & { readonly aborted?: boolean } };
  const answered = (): void => {
    // The response of HTTP/2 also finishes when the client has reset its stream.
    if (!stream?.aborted) callback(new ImgwireUploadError('RESPONSE_ENDED'));
  };
  // Closed without having ended: the client has disconnected.
  const closed = (): void => {
    if (res?.writableEnded) answered();
  };
  if (res?.writableEnded) answered();
  res?.once('finish', answered).once('close', closed);
  // Over HTTP/2 the response itself says so only when its client has sent everything.
  stream?.once('finish', answered);
  return () => {
    res?.off('finish', answered).off('close', closed);
    stream?.off('finish', answered);
  };
}
