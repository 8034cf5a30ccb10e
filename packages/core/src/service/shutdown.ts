import { Cancellation, type Signal } from '../cancellation.ts';
import { ImgwireError } from '../errors.ts';
import { withEither } from './deadline.ts';

/** Counts the work in flight of an instance, for its graceful shutdown. */
export interface Shutdown {
  /** Aborts with `SHUTTING_DOWN` when the time for work in flight is up. */
  readonly signal: Cancellation;
  /**
   * Makes the shutdown wait for the caller. Returns a function that ends that, to be called once.
   *
   * @throws ImgwireError `SHUTTING_DOWN` once the shutdown has begun
   */
  enter(): () => void;
  /** Starts work, and makes the shutdown wait for it. Rejects as `enter` throws. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Starts a call that leaves nothing behind: its signal aborts with the caller's own, or with `SHUTTING_DOWN`.
   *
   * @throws ImgwireError `SHUTTING_DOWN`; the reason of the caller's signal
   */
  runCall<T>(own: Signal | undefined, call: (signal: Cancellation) => Promise<T>): Promise<T>;
  /** Makes the shutdown wait for work that must not be aborted: a rollback. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Lets work in flight finish, and aborts it after `timeoutMs`. Resolves when all is settled and rolled back. */
  begin(timeoutMs: number): Promise<void>;
}

/** Counts the work of a new instance. @param failed gets the reason for which work has failed */
export function openShutdown(failed: (error: unknown) => void): Shutdown {
  const signal = new Cancellation();
  // A count: V8 would keep what is added to a set, and all a request holds, until it collects the old tables of the set.
  let busy = 0;
  const onIdle: (() => void)[] = [];
  let ending = false;
  const leave = (): void => {
    busy -= 1;
    if (busy > 0) return;
    for (const resolve of onIdle.splice(0)) resolve();
  };
  const track = <T>(work: Promise<T>): Promise<T> => {
    busy += 1;
    work.then(leave, (error: unknown) => {
      failed(error);
      leave();
    });
    return work;
  };
  const shuttingDown = (): ImgwireError => new ImgwireError('SHUTTING_DOWN');
  const run = <T>(work: () => Promise<T>): Promise<T> =>
    ending ? Promise.reject(shuttingDown()) : track(work());
  return {
    signal,
    track,
    enter: () => {
      if (ending) throw shuttingDown();
      busy += 1;
      return leave;
    },
    run,
    runCall: (own, call) => run(() => withEither(own, signal, call)),
    begin: async (timeoutMs) => {
      ending = true;
      const timer = setTimeout(() => signal.abort(shuttingDown()), timeoutMs);
      while (busy > 0) await new Promise<void>((resolve) => void onIdle.push(resolve));
      clearTimeout(timer);
    },
  };
}
