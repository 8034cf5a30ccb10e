import type { Signal } from '../base/cancellation.ts';
import { ImgwireUploadError } from '../base/errors.ts';
import { retry } from '../service/retry.ts';
import type { ImageRecord } from '../service/service.ts';
import type { Connection } from './connection.ts';
import { type InternalWaitOptions, poll } from './poll.ts';

/**
 * Polls a record until it is READY, see {@link poll}.
 *
 * @throws ImgwireUploadError `QUARANTINED`; `NOT_READY` after the deadline; those of the service. The signal's reason
 *   when it aborts
 */
export async function waitUntilReady(
  { service, retries }: Connection,
  id: string,
  options?: InternalWaitOptions,
): Promise<ImageRecord> {
  const ask = (signal: Signal): Promise<ImageRecord> =>
    retry(retries, signal, () => service.retrieve(id, signal));
  return poll('waitUntilReady()', 'NOT_READY', ask, isReady, options);
}

function isReady({ status }: ImageRecord): boolean {
  if (status === 'QUARANTINE') throw new ImgwireUploadError('QUARANTINED');
  return status === 'READY';
}
