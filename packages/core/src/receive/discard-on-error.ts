import type { ServerResponse } from 'node:http';
import type { ReceivedFile } from '../store/store-file.ts';

/**
 * Deletes the images of a request when its answer turns out to be an error (4xx or 5xx), or does not go out whole because
 * the client leaves or the server cuts it. Until then nobody knows whether a handler that failed has told its client.
 */
export function discardOnError(res: ServerResponse, files: readonly ReceivedFile[]): void {
  const discard = (): void => {
    for (const file of files) void file.discard();
  };
  const settle = (): void => {
    if (!res.writableFinished || res.statusCode >= 400) discard();
  };
  if (res.closed) settle();
  // The response of a serverless adapter finishes and never closes.
  else res.once('finish', settle).once('close', settle);
}
