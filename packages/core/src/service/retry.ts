import { type Signal, whenAborted } from '../cancellation.ts';
import { isImgwireError } from '../errors.ts';
import { neverArrived, wasSentTwice } from './upstream-error.ts';

/** How a call to Imgwire is retried. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number;
  /** Called before each retry. */
  readonly onRetry?: (error: unknown, attempt: number, waitMs: number) => void;
}

const BASE_MS = 200;
const MAX_BACKOFF_MS = 5_000;
/** A longer `Retry-After` is passed on to the client, which can wait without holding a request open. */
const MAX_RETRY_AFTER_MS = 10_000;

/** Whether the same call can succeed later: 408, 429, 5xx, a broken connection, or a timeout. */
function isTransient(error: unknown): boolean {
  return (
    isImgwireError(error) && (error.code === 'UPSTREAM_UNAVAILABLE' || error.code === 'UPSTREAM_TIMEOUT')
  );
}

/** Whether only the response of a failed call may be lost: the service may have done what it asked for. */
export function isResponseLost(error: unknown): boolean {
  return wasSentTwice(error) || (isTransient(error) && !neverArrived(error));
}

/**
 * Returns how long to wait after a failed attempt, in milliseconds; undefined if a retry is pointless. The first attempt is 1.
 * `Retry-After` decides if the service sent one; else exponential backoff with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function backoff(error: unknown, attempt: number, maxAttempts: number): number | undefined {
  if (attempt >= maxAttempts || !isTransient(error)) return undefined;
  const retryAfterMs = isImgwireError(error) && error.retryAfter ? error.retryAfter * 1000 : 0;
  if (retryAfterMs > MAX_RETRY_AFTER_MS) return undefined;
  return retryAfterMs || Math.random() * Math.min(MAX_BACKOFF_MS, BASE_MS * 2 ** (attempt - 1));
}

/** Waits, and rejects with the signal's own reason when it aborts. */
export function sleep(ms: number, signal?: Signal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const removeListener = whenAborted(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
    const timer = setTimeout(() => {
      removeListener();
      resolve();
    }, ms);
  });
}

/**
 * Retries `call` while it fails transiently.
 *
 * @param onFailure called with the error of each attempt
 */
export function retry<T>(
  policy: RetryPolicy,
  signal: Signal | undefined,
  call: () => Promise<T>,
  onFailure?: (error: unknown) => void,
): Promise<T> {
  const attempt = (count: number): Promise<T> =>
    call().catch(async (error: unknown) => {
      onFailure?.(error);
      const waitMs = signal?.aborted ? undefined : backoff(error, count, policy.maxAttempts);
      if (waitMs === undefined) throw error;
      policy.onRetry?.(error, count, waitMs);
      await sleep(waitMs, signal);
      return attempt(count + 1);
    });
  return attempt(1);
}
