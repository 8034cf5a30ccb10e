import type { ServerResponse } from 'node:http';
import { ImgwireUploadError } from './errors.ts';

/**
 * Calls back with `RESPONSE_ENDED` when a request is answered, by whomever: an outer timeout for one. Answers what lets go
 * of the response.
 */
export function whenAnswered(
  res: ServerResponse | undefined,
  callback: (reason: ImgwireUploadError) => void,
): () => void {
  const answered = (): void => callback(new ImgwireUploadError('RESPONSE_ENDED'));
  // Closed without an end it has lost its client.
  const closed = (): void => {
    if (res?.writableEnded) answered();
  };
  if (res?.writableEnded) answered();
  res?.once('finish', answered).once('close', closed);
  return () => void res?.off('finish', answered).off('close', closed);
}
