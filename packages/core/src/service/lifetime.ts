import { openAbort } from '../base/across-realms.ts';
import { ImgwireUploadError } from '../base/errors.ts';

/** The work in flight over a connection, and its graceful shutdown. */
export interface Lifetime {
  /** Aborts with `SHUTTING_DOWN` when the time for work in flight is up. */
  readonly signal: AbortSignal;
  /** Starts work. @throws ImgwireUploadError `SHUTTING_DOWN` once the shutdown has begun */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Makes the shutdown wait for work that must not be aborted: undoing other work. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Lets work in flight finish, and aborts it after `timeoutMs`; resolves when all is settled and undone. */
  end(timeoutMs: number): Promise<void>;
}

/** Starts the lifetime of a connection. */
export function openLifetime(): Lifetime {
  const controller = openAbort();
  const busy = new Set<Promise<unknown>>();
  let ending = false;
  const track = <T>(work: Promise<T>): Promise<T> => {
    const settled = (): unknown => busy.delete(work);
    busy.add(work);
    work.then(settled, settled);
    return work;
  };
  const shuttingDown = (): ImgwireUploadError => new ImgwireUploadError('SHUTTING_DOWN');
  return {
    signal: controller.signal,
    track,
    run: (work) => (ending ? Promise.reject(shuttingDown()) : track(work())),
    end: async (timeoutMs) => {
      ending = true;
      const timer = setTimeout(() => controller.abort(shuttingDown()), timeoutMs);
      while (busy.size > 0) await Promise.allSettled(busy);
      clearTimeout(timer);
    },
  };
}
