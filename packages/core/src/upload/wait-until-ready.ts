import type { Signal } from '../cancellation.ts';
import { ImgwireError, type ImgwireErrorCode } from '../errors.ts';
import { abortSignal, milliseconds } from '../options/checks.ts';
import { assertOptions } from '../options/validate.ts';
import { withDeadline } from '../service/deadline.ts';
import { retry, sleep } from '../service/retry.ts';
import type { ImageRecord } from '../service/service.ts';
import type { Context } from './context.ts';

/**
 * Polls a record until it is READY, see {@link poll}.
 *
 * @throws ImgwireError `IMAGE_QUARANTINED`; `IMAGE_NOT_READY` after the deadline; those of the service. The signal's reason
 *   when it aborts
 */
export async function waitUntilReady(
  { service, retries }: Context,
  id: string,
  options?: InternalWaitOptions,
): Promise<ImageRecord> {
  const ask = (signal: Signal): Promise<ImageRecord> =>
    retry(retries, signal, () => service.retrieve(id, signal));
  return poll('waitUntilReady()', 'IMAGE_NOT_READY', ask, isReady, options);
}

function isReady({ status }: ImageRecord): boolean {
  if (status === 'QUARANTINE') throw new ImgwireError('IMAGE_QUARANTINED');
  return status === 'READY';
}

const CHECKS = { timeoutMs: milliseconds(0), signal: abortSignal };

/** Checks the options of a wait before they are spread into others. A number or a signal would vanish there. @throws TypeError */
export function assertWait(caller: string, options: object = {}): void {
  if (abortSignal(options) === undefined) {
    throw new TypeError(`${caller}: the options must be an object, such as { signal }.`);
  }
  assertOptions(caller, options, CHECKS);
}

/** How long to wait for the service to finish processing. */
export interface WaitOptions {
  /** How long to wait, in milliseconds. @default 60_000 */
  readonly timeoutMs?: number | undefined;
  /** Aborts the wait with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link WaitOptions} of our own work, which has signals of our own. */
export interface InternalWaitOptions extends Omit<WaitOptions, 'signal'> {
  readonly signal?: Signal | undefined;
}

const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/**
 * Polls at growing intervals until `isDone` accepts a value: the service has neither webhooks nor long polling.
 *
 * @param caller the method, for the error of a wrong option
 * @param late the code after the deadline
 * @param isDone whether to stop with this value; what it throws ends the wait
 * @throws ImgwireError `late`; what `ask` and `isDone` throw; the signal's reason when it aborts
 */
export async function poll<T>(
  caller: string,
  late: ImgwireErrorCode,
  ask: (signal: Signal) => Promise<T>,
  isDone: (value: T) => boolean,
  options: InternalWaitOptions = {},
): Promise<T> {
  assertOptions(caller, options, { timeoutMs: milliseconds(0), signal: abortSignal });
  const { timeoutMs = 60_000, signal } = options;
  const deadline = performance.now() + timeoutMs;
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(LONGEST_MS, waitMs * 1.5)) {
    const left = Math.max(1, deadline - performance.now());
    const value = await withDeadline(left, signal, ask, late);
    if (isDone(value)) return value;
    if (performance.now() + waitMs >= deadline) throw new ImgwireError(late);
    await sleep(waitMs, signal);
  }
}
