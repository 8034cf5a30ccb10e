import type { RequestImgwire } from '@imgwire/core/adapter';

/** How a run of an interceptor has failed. */
interface Failure {
  readonly exception: unknown;
  /** What is stored, if only the handler has failed, and its images are still there. */
  readonly stored: RequestImgwire | undefined;
}

/** The runs of an interceptor that have failed: `retry()` of RxJS around it runs it again, when the body of the request is gone. */
export interface EarlierRuns {
  /** Returns what an earlier run has stored; undefined in the first run. @throws what the earlier run has, if nothing is stored */
  storedFor(request: object): RequestImgwire | undefined;
  /** Notes what `run` throws, and throws it. */
  failing(request: object, stored: RequestImgwire | undefined, run: () => never): never;
}

/** Creates the memory of an interceptor. It lasts as long as each request. */
export function earlierRuns(): EarlierRuns {
  const failures = new WeakMap<object, Failure>();
  return {
    storedFor: (request) => {
      const failure = failures.get(request);
      if (failure && !failure.stored) throw failure.exception;
      return failure?.stored;
    },
    failing: (request, stored, run) => {
      try {
        return run();
      } catch (exception) {
        failures.set(request, { exception, stored });
        throw exception;
      }
    },
  };
}
