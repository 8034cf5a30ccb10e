import type { NextFunction, Response } from 'express';

/**
 * Ends a handler of ours once its work has ended: in the next handler, in the error handlers, or in nothing where the
 * request was answered meanwhile, by `authorize` itself or by a timer in front. Then the next handler would write into an
 * answer that is not its own, and Express's own error handler would cut it off.
 */
export function handOn(work: Promise<void>, res: Response, next: NextFunction): void {
  const end = (...error: [unknown?]): void => {
    if (!res.writableEnded) next(...error);
  };
  const fail = (error: unknown): void => end(toError(error));
  work.then(() => end()).catch(fail);
}

/** Express takes no value, and the texts "route" and "router", for a request that may go on. */
function toError(thrown: unknown): object {
  return typeof thrown === 'object' && thrown !== null
    ? thrown
    : new Error('A callback failed without an error.', { cause: thrown });
}
