import { type ImgwireError, isImgwireError, type Logger } from '@imgwire/core';
import { RateLimitError, UnrecoverableError, type Worker } from 'bullmq';

/** The error of Imgwire in what was thrown; Nest's service throws an exception whose cause it is. */
export function uploadErrorIn(error: unknown): ImgwireError | undefined {
  if (isImgwireError(error)) return error;
  return error instanceof Error && isImgwireError(error.cause) ? error.cause : undefined;
}

/** Of all workers behind a 429 that says to try again at once. */
const LEAST_WAIT_MS = 50;
/** Of all workers, whatever `Retry-After` says: it may be a day, or a date in 2099. */
const LONGEST_WAIT_MS = 600_000;
/** A longer wait is told. */
const QUIET_WAIT_MS = 60_000;
/** Of the account rather than of the item: its key, its plan, its cap of pending uploads. */
const ACCOUNT = new Set([401, 402, 403]);

/** How an error is judged and told. */
export interface Judge {
  /** @default console */
  readonly logger?: Pick<Logger, 'warn'> | undefined;
  /** Whether no later try can succeed. @default {@link isOfTheItem} */
  readonly isFinal?: (thrown: unknown) => boolean;
}

/**
 * What a processor throws for an error of Imgwire. `Retry-After` makes all workers of the queue wait, ten minutes at most; 429 costs
 * the job no attempt. What cannot succeed later fails at once. The message says why: it is what the job keeps.
 */
export async function jobError(
  thrown: unknown,
  worker: Worker,
  { logger, isFinal = isOfTheItem }: Judge,
): Promise<Error> {
  const known = uploadErrorIn(thrown);
  if (known?.code === 'UPSTREAM_UNAVAILABLE') {
    const isTooFast = known.upstreamStatus === 429;
    const { retryAfter = isTooFast ? 1 : 0 } = known;
    const waitMs = Math.max(retryAfter * 1_000, isTooFast ? LEAST_WAIT_MS : 0);
    if (waitMs > 0) await holdAll(worker, waitMs, logger);
    if (isTooFast) return new RateLimitError();
  }
  return new (isFinal(thrown) ? UnrecoverableError : Error)(describe(known ?? thrown));
}

/** Until when a worker has said that all wait, in milliseconds of `Date.now()`: its other jobs are told the same. */
const told = new WeakMap<Worker, number>();

async function holdAll(worker: Worker, askedMs: number, logger: Judge['logger'] = console): Promise<void> {
  const waitMs = Math.min(askedMs, LONGEST_WAIT_MS);
  await worker.rateLimit(waitMs);
  if (askedMs < QUIET_WAIT_MS || (told.get(worker) ?? 0) > Date.now()) return;
  told.set(worker, Date.now() + waitMs);
  const [waitSeconds, askedSeconds] = [waitMs / 1_000, askedMs / 1_000];
  logger.warn?.(
    { queue: worker.name, waitSeconds, askedSeconds },
    `Imgwire asks to be called again in ${askedSeconds} seconds: all workers of the queue "${worker.name}" wait for ` +
      `${waitSeconds} seconds. To let them go on before: queue.removeRateLimitKey().`,
  );
}

/** Whether no later try can succeed: the error is of this item, not of the service, the account or the network. */
export function isOfTheItem(thrown: unknown): boolean {
  const known = uploadErrorIn(thrown);
  if (!known) return thrown instanceof TypeError;
  return (
    known.status < 500 || (known.code === 'UPSTREAM_REJECTED' && !ACCOUNT.has(known.upstreamStatus ?? 0))
  );
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, upstreamStatus, upstreamType } = isImgwireError(error) ? error : {};
  const said = [code, upstreamStatus, upstreamType].filter((part) => part !== undefined).join(' ');
  const reason = said ? `${said}: ${error.message}` : error.message;
  return error.cause ? `${reason} ${describe(error.cause)}` : reason;
}
