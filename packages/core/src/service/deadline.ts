import { type ImgwireErrorCode, ImgwireUploadError } from '../errors.ts';

/**
 * Runs one call under its own deadline and the caller's signal, and lets go of timer and listener when it has settled.
 *
 * The call is raced as well as aborted, because the official SDK takes no signal: whatever happens behind, the caller
 * has an answer in time.
 *
 * @throws ImgwireUploadError `code` after `ms` milliseconds; the signal's reason when it aborts
 */
export async function withDeadline<T>(
  ms: number,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
  code: ImgwireErrorCode = 'UPSTREAM_TIMEOUT',
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const forward = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  const timer = setTimeout(
    () => controller.abort(new ImgwireUploadError(code, { cause: new Error(`No answer within ${ms} ms`) })),
    ms,
  );
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  try {
    return await Promise.race([call(controller.signal), aborted]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', forward);
  }
}

/** Waits for a user's callback, which takes no signal, no longer than the signal allows. @throws the signal's reason */
export async function untilAborted<T>(signal: AbortSignal, call: () => T | Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([(async () => call())(), aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
