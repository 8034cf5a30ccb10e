import type { ServerResponse } from 'node:http';
import type { ReceivedFile } from '../store/store-file.ts';

/**
 * Deletes the images of a request when its response turns out to be an error (4xx or 5xx), or is not sent completely because
 * the client disconnects or the server aborts it. Until then it is not known whether the handler fails.
 */
export function discardOnError(res: ServerResponse, files: readonly ReceivedFile[]): void {
  const discard = (): void => {
    for (const file of files) void file.discard();
  };
  const settle = (): void => {
    if (!res.writableFinished || res.statusCode >= 400) discard();
  };
  if (res.closed) settle();
  // The response of a serverless adapter finishes but never closes.
  else res.once('finish', settle).once('close', settle);
}
