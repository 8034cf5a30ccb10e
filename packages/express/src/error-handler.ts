import { assertNotRequest, reportFault, toImgwireError } from '@imgwire/core';
import type { ErrorRequestHandler } from 'express';

/**
 * Sends upload errors, and multer's, as `application/problem+json` (RFC 9457). Other errors, and those after
 * the headers have been sent, go on to the next handler. What you have to mend (a wrong key, a service that cannot be reached) is
 * logged with its causes: to the `logger` of the connection, else to `console.error`.
 *
 * @throws TypeError for options, which it has none of, and when it was used as a middleware itself, without being called
 */
export function imgwireErrorHandler(): ErrorRequestHandler;
export function imgwireErrorHandler(...given: readonly unknown[]): ErrorRequestHandler {
  // `app.use(imgwireErrorHandler)` would make of it a middleware that never goes on.
  assertNotRequest('imgwireErrorHandler()', given[0]);
  if (given.some((each) => each !== undefined)) {
    throw new TypeError(
      'imgwireErrorHandler(): it takes no options; what it logs goes to the `logger` of the connection.',
    );
  }
  return (error: unknown, _req, res, next) => {
    const known = toImgwireError(error);
    if (!known || res.headersSent) {
      next(error);
      return;
    }
    reportFault(error);
    res.status(known.status).set(known.headers).type('application/problem+json').send(JSON.stringify(known));
  };
}
