import { Cancellation } from '../base/cancellation.ts';
import { ImgwireUploadError } from '../base/errors.ts';

/** The work in flight over a connection, and its graceful shutdown. */
export interface Lifetime {
  /** Aborts with `SHUTTING_DOWN` when the time for work in flight is up. */
  readonly signal: Cancellation;
  /** Starts work. @throws ImgwireUploadError `SHUTTING_DOWN` once the shutdown has begun */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Makes the shutdown wait for work that must not be aborted: undoing other work. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Lets work in flight finish, and aborts it after `timeoutMs`; resolves when all is settled and undone. */
  end(timeoutMs: number): Promise<void>;
}

/** Starts the lifetime of a connection. */
export function openLifetime(): Lifetime {
  const signal = new Cancellation();
  // A count: V8 would keep what is added to a set, and all a request holds, until it collects the old tables of the set.
  let busy = 0;
  const onIdle: (() => void)[] = [];
  let ending = false;
  const track = <T>(work: Promise<T>): Promise<T> => {
    const settled = (): void => {
      busy -= 1;
      if (busy > 0) return;
      for (const resolve of onIdle.splice(0)) resolve();
    };
    busy += 1;
    work.then(settled, settled);
    return work;
  };
  const shuttingDown = (): ImgwireUploadError => new ImgwireUploadError('SHUTTING_DOWN');
  return {
    signal,
    track,
    run: (work) => (ending ? Promise.reject(shuttingDown()) : track(work())),
    end: async (timeoutMs) => {
      ending = true;
      const timer = setTimeout(() => signal.abort(shuttingDown()), timeoutMs);
      while (busy > 0) await new Promise<void>((resolve) => void onIdle.push(resolve));
      clearTimeout(timer);
    },
  };
}
