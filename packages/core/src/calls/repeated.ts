import type { Cancellation } from '../cancellation.ts';
import { retry } from '../service/retry.ts';
import type { Context } from '../upload/context.ts';

/** Runs a call that is safe to repeat, with the retries of the instance. Its `close()` ends the call, as the caller's signal does. */
export const repeated = <T>(
  { retries, shutdown }: Pick<Context, 'retries' | 'shutdown'>,
  own: AbortSignal | undefined,
  call: (signal: Cancellation) => Promise<T>,
): Promise<T> => shutdown.runCall(own, (signal) => retry(retries, signal, () => call(signal)));
