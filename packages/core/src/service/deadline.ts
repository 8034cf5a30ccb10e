import { Cancellation, type Signal, whenAborted } from '../cancellation.ts';
import { ImgwireError, type ImgwireErrorCode } from '../errors.ts';
import { startTimeout } from '../timeout.ts';

/**
 * Runs one call under its own deadline and the caller's signal, and releases timer and listener when it has settled.
 *
 * The call is raced as well as aborted, because the official SDK takes no signal: whatever the call does, this settles in time.
 *
 * @throws ImgwireError `code` after `ms` milliseconds; the signal's reason when it aborts
 */
export async function withDeadline<T>(
  ms: number,
  signal: Signal | undefined,
  call: (signal: Cancellation) => Promise<T>,
  code: ImgwireErrorCode = 'UPSTREAM_TIMEOUT',
): Promise<T> {
  signal?.throwIfAborted();
  const ending = new Cancellation();
  const removeListener = whenAborted(signal, ending.abort);
  const stopTimeout = startTimeout(ms, () => ending.abort(timeoutError(ms, code)));
  const aborted = new Promise<never>((_, reject) => void ending.onAbort(reject));
  try {
    return await Promise.race([call(ending), aborted]);
  } finally {
    stopTimeout();
    removeListener();
  }
}

/** Nothing has come for `ms` milliseconds. */
export const timeoutError = (ms: number, code: ImgwireErrorCode = 'UPSTREAM_TIMEOUT'): ImgwireError =>
  new ImgwireError(code, { cause: new Error(`No response within ${ms} ms`) });

/**
 * Runs a call under two signals, and releases both when it has settled. `AbortSignal.any` accepts only Node's signals.
 *
 * @throws the reason of the signal that aborts
 */
export async function withEither<T>(
  own: Signal | undefined,
  run: Signal,
  call: (signal: Cancellation) => Promise<T>,
): Promise<T> {
  own?.throwIfAborted();
  run.throwIfAborted();
  const ending = new Cancellation();
  const cleanups = [whenAborted(own, ending.abort), whenAborted(run, ending.abort)];
  try {
    return await call(ending);
  } catch (error) {
    // What a call fails with that was aborted says less than why it was.
    throw ending.aborted ? ending.reason : error;
  } finally {
    for (const cleanup of cleanups) cleanup();
  }
}

/** Awaits a user's callback, which takes no signal, until the signal aborts. @throws the signal's reason */
export async function untilAborted<T>(signal: Signal, call: () => T | Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let removeListener = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    removeListener = whenAborted(signal, reject);
  });
  try {
    return await Promise.race([(async () => call())(), aborted]);
  } finally {
    removeListener();
  }
}
