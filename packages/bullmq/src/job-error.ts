import { type ImgwireError, isImgwireError, type Logger } from '@imgwire/core';
import { RateLimitError, UnrecoverableError, type Worker } from 'bullmq';

/** The `ImgwireError` in what was thrown: Nest's service throws an exception whose cause it is. */
export function imgwireErrorIn(error: unknown): ImgwireError | undefined {
  if (isImgwireError(error)) return error;
  return error instanceof Error && isImgwireError(error.cause) ? error.cause : undefined;
}

/** How long all workers wait after a 429 that says to try again at once. */
const LEAST_WAIT_MS = 50;
/** How long all workers wait at most: `Retry-After` may be a day, or a date in 2099. */
const LONGEST_WAIT_MS = 600_000;
/** A longer wait is logged. */
const QUIET_WAIT_MS = 60_000;
/** The key is at fault, not the item. */
const OF_THE_KEY = new Set([401, 403]);

/** What decides whether a job is tried again, and where a long wait is logged. */
export interface Judge {
  /** @default console */
  readonly logger?: Pick<Logger, 'warn'> | undefined;
  /** Whether no later attempt can succeed. @default {@link isPermanent} */
  readonly isFinal?: (thrown: unknown) => boolean;
}

/**
 * What a processor throws for an error of Imgwire. `Retry-After` makes all workers of the queue wait, for ten minutes at most. A 429
 * costs the job no attempt. A permanent error fails the job at once. The message says why, since it is all that the job keeps.
 */
export async function jobError(
  thrown: unknown,
  worker: Worker,
  { logger, isFinal = isPermanent }: Judge,
): Promise<Error> {
  const known = imgwireErrorIn(thrown);
  if (known?.code === 'UPSTREAM_UNAVAILABLE') {
    const isTooFast = known.upstreamStatus === 429;
    const { retryAfter = isTooFast ? 1 : 0 } = known;
    const waitMs = Math.max(retryAfter * 1_000, isTooFast ? LEAST_WAIT_MS : 0);
    if (waitMs > 0) await holdAll(worker, waitMs, logger);
    if (isTooFast) return new RateLimitError();
  }
  return new (isFinal(thrown) ? UnrecoverableError : Error)(describe(known ?? thrown));
}

/** Until when the wait of a worker is already logged, in milliseconds of `Date.now()`: its other jobs run into the same wait. */
const loggedUntil = new WeakMap<Worker, number>();

async function holdAll(worker: Worker, askedMs: number, logger: Judge['logger'] = console): Promise<void> {
  const waitMs = Math.min(askedMs, LONGEST_WAIT_MS);
  await worker.rateLimit(waitMs);
  if (askedMs < QUIET_WAIT_MS || (loggedUntil.get(worker) ?? 0) > Date.now()) return;
  loggedUntil.set(worker, Date.now() + waitMs);
  const [waitSeconds, askedSeconds] = [waitMs / 1_000, askedMs / 1_000];
  logger.warn?.(
    { queue: worker.name, waitSeconds, askedSeconds },
    `Imgwire asks to be called again in ${askedSeconds} seconds: all workers of the queue "${worker.name}" wait for ` +
      `${waitSeconds} seconds. To let them go on before: queue.removeRateLimitKey().`,
  );
}

/** Whether no later attempt can succeed: the item is at fault, not the service, the account or the network. */
export function isPermanent(thrown: unknown): boolean {
  const known = imgwireErrorIn(thrown);
  if (!known) return thrown instanceof TypeError;
  return (
    known.status < 500 || (known.code === 'UPSTREAM_REJECTED' && !OF_THE_KEY.has(known.upstreamStatus ?? 0))
  );
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, upstreamStatus, upstreamType } = isImgwireError(error) ? error : {};
  const said = [code, upstreamStatus, upstreamType].filter((part) => part !== undefined).join(' ');
  const reason = said ? `${said}: ${error.message}` : error.message;
  return error.cause ? `${reason} ${describe(error.cause)}` : reason;
}
