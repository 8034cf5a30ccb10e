import { type ImgwireError, isImgwireError } from '../errors.ts';
import type { Context } from '../upload/context.ts';
import { publish } from '../upload/events.ts';
import type { ReceivedFile } from '../upload/store-file.ts';
import type { BodyReader } from './body-reader.ts';

/**
 * Rolls a request back: aborts its uploads, deletes what they have stored, and meanwhile drains the rest of the body.
 *
 * @param durationMs how long the request has taken so far, in milliseconds
 * @returns the first failure of the request, which is the cause of the others
 */
export async function rollBack(
  context: Context,
  request: BodyReader,
  uploads: readonly Promise<ReceivedFile | ImgwireError>[],
  error: unknown,
  durationMs: () => number,
): Promise<unknown> {
  request.fail(error);
  await Promise.all([discardAll(uploads), request.drain()]);
  const reason: unknown = request.signal.reason;
  context.failed(reason);
  publish('imgwire:request:failed', () => ({
    error: reason,
    bytes: request.received(),
    durationMs: durationMs(),
  }));
  return reason;
}

/** So many deletes run at once: a form may have hundreds of files. */
const DISCARDS = 16;

async function discardAll(uploads: readonly Promise<ReceivedFile | ImgwireError>[]): Promise<void> {
  const settled = (await Promise.allSettled(uploads)).values();
  const discardNext = async (): Promise<void> => {
    for (const upload of settled) {
      const stored =
        upload.status === 'fulfilled' && !isImgwireError(upload.value) ? upload.value : undefined;
      await stored?.discard();
    }
  };
  await Promise.all(Array.from({ length: DISCARDS }, discardNext));
}
