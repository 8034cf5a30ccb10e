import type { ServerResponse } from 'node:http';
import { ImgwireError } from '../errors.ts';
import type { ResolvedRules } from '../rules/rules.ts';
import type { ReceivedFile } from '../upload/store-file.ts';

/**
 * Hands the stored files of a request to its handler. With `discardOnError` they are deleted if the response fails later.
 *
 * @throws ImgwireError `RESPONSE_ENDED`
 */
export function keepFiles(
  rules: Pick<ResolvedRules<never>, 'discardOnError'>,
  files: readonly ReceivedFile[],
  res: ServerResponse | undefined,
): void {
  // The `finish` event comes later than the end of the response.
  if (res?.writableEnded) throw new ImgwireError('RESPONSE_ENDED');
  if (rules.discardOnError && res) discardOnError(res, files);
}

/**
 * Deletes the images of a request whose response is an error (4xx or 5xx), or is not sent completely. The client may disconnect,
 * or the server abort it. Until then nobody knows whether the handler fails.
 */
function discardOnError(res: ServerResponse, files: readonly ReceivedFile[]): void {
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
