import { ImgwireUploadError } from '../errors.ts';
import type { Connection } from '../service/connection.ts';
import { retry } from '../service/retry.ts';
import type { ImageRecord } from '../service/service.ts';
import { poll } from './poll.ts';

/** How long to wait for the service to process what it was given. */
export interface WaitOptions {
  /** Longest wait, milliseconds. @default 60_000 */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks for a record until it is READY, see {@link poll}.
 *
 * @throws ImgwireUploadError `QUARANTINED`; `NOT_READY` after the deadline; those of the service. The signal's reason
 *   when it aborts
 */
export async function waitUntilReady(
  { service, retries }: Connection,
  id: string,
  options?: WaitOptions,
): Promise<ImageRecord> {
  const ask = (signal: AbortSignal): Promise<ImageRecord> =>
    retry(retries, signal, () => service.retrieve(id, signal));
  return poll('waitUntilReady()', 'NOT_READY', ask, isReady, options);
}

function isReady({ status }: ImageRecord): boolean {
  if (status === 'QUARANTINE') throw new ImgwireUploadError('QUARANTINED');
  return status === 'READY';
}
