import type { Signal } from '../base/cancellation.ts';
import { abortSignal, milliseconds } from '../base/checks.ts';
import { type ImgwireErrorCode, ImgwireUploadError } from '../base/errors.ts';
import { assertOptions } from '../base/validate.ts';
import { withDeadline } from '../service/deadline.ts';
import { pause } from '../service/retry.ts';

/** How long to wait for the service to finish processing. */
export interface WaitOptions {
  /** Longest wait, milliseconds. @default 60_000 */
  readonly timeoutMs?: number | undefined;
  /** Aborts the wait with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The same, where our own work may wait. */
export interface InternalWaitOptions extends Omit<WaitOptions, 'signal'> {
  readonly signal?: Signal | undefined;
}

const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/**
 * Polls at growing intervals until `holds` accepts a response: the service has neither webhooks nor long polling.
 *
 * @param who the method, for the error of a wrong option
 * @param late the code after the deadline
 * @param holds whether to stop with this response; what it throws ends the wait
 * @throws ImgwireUploadError `late`; what `ask` and `holds` throw; the signal's reason when it aborts
 */
export async function poll<T>(
  who: string,
  late: ImgwireErrorCode,
  ask: (signal: Signal) => Promise<T>,
  holds: (answer: T) => boolean,
  options: InternalWaitOptions = {},
): Promise<T> {
  assertOptions(who, options, { timeoutMs: milliseconds(0), signal: abortSignal });
  const { timeoutMs = 60_000, signal } = options;
  const deadline = performance.now() + timeoutMs;
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(LONGEST_MS, waitMs * 1.5)) {
    const left = Math.max(1, deadline - performance.now());
    const answer = await withDeadline(left, signal, ask, late);
    if (holds(answer)) return answer;
    if (performance.now() + waitMs >= deadline) throw new ImgwireUploadError(late);
    await pause(waitMs, signal);
  }
}
