import type { NextFunction, Response } from 'express';

/**
 * Hands on to the next handler or the error handlers once our work has settled; to neither if a response was sent
 * meanwhile, by `authorize` itself or by a timer in front. Then the next handler would write into
 * that response, and Express's own error handler would cut it off.
 */
export function handOn(work: Promise<void>, res: Response, next: NextFunction): void {
  const end = (...error: [unknown?]): void => {
    if (!res.writableEnded) next(...error);
  };
  const fail = (error: unknown): void => end(toError(error));
  work.then(() => end()).catch(fail);
}

/** To Express a falsy error, "route" or "router" is not an error. */
function toError(thrown: unknown): object {
  return typeof thrown === 'object' && thrown !== null
    ? thrown
    : new Error('A callback failed without an error.', { cause: thrown });
}
