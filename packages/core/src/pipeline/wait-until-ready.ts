import { ImgwireUploadError } from '../errors.ts';
import type { Connection } from '../service/connection.ts';
import { withDeadline } from '../service/deadline.ts';
import { pause, retry } from '../service/retry.ts';
import type { ImageRecord } from '../service/service.ts';
import { abortSignal, assertOptions, count } from '../validate.ts';

/** How long to wait for the service to process an image. */
export interface WaitOptions {
  /** Longest wait, milliseconds. @default 60_000 */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/**
 * Asks for a record until it is READY: the service has no webhook, and no call that waits. The questions come further
 * apart as time goes on.
 *
 * @throws ImgwireUploadError `QUARANTINED`; `NOT_READY` after the deadline; those of the service. The signal's reason
 *   when it aborts
 */
export async function waitUntilReady(
  { service, retries }: Connection,
  id: string,
  options: WaitOptions = {},
): Promise<ImageRecord> {
  assertOptions('waitUntilReady()', options, { timeoutMs: count, signal: abortSignal });
  const { timeoutMs = 60_000, signal } = options;
  const deadline = performance.now() + timeoutMs;
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(LONGEST_MS, waitMs * 1.5)) {
    const left = Math.max(1, deadline - performance.now());
    const record = await withDeadline(
      left,
      signal,
      (either) => retry(retries, either, () => service.retrieve(id, either)),
      'NOT_READY',
    );
    if (record.status === 'READY') return record;
    if (record.status === 'QUARANTINE') throw new ImgwireUploadError('QUARANTINED');
    if (performance.now() + waitMs >= deadline) throw new ImgwireUploadError('NOT_READY');
    await pause(waitMs, signal);
  }
}
