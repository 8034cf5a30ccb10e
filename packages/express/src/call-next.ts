import { asError } from '@imgwire/core/adapter';
import type { NextFunction, Response } from 'express';

/**
 * Calls the next handler or the error handlers once our work has settled; neither if a response was sent meanwhile, by
 * `authorize` itself or by a timer in front. Then the next handler would write into that response, and Express's own error handler
 * would cut it off.
 */
export function callNext(work: Promise<void>, res: Response, next: NextFunction): void {
  const end = (...error: [unknown?]): void => {
    if (!res.writableEnded) next(...error);
  };
  // To Express a falsy error, "route" or "router" is not an error.
  const fail = (error: unknown): void => end(asError(error));
  work.then(() => end()).catch(fail);
}
