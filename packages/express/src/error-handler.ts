import { assertNotRequest, errorResponse } from '@imgwire/core/adapter';
import type { ErrorRequestHandler } from 'express';
import { sendJson } from './send-json.ts';

/**
 * Sends upload errors, and multer's, as `application/problem+json` (RFC 9457). Other errors, and those after
 * the headers have been sent, go on to the next handler. What you have to mend (a wrong key, a service that cannot be reached) is
 * logged with its causes: to the `logger` of the instance, else to `console.error`.
 *
 * @throws TypeError for options, which it has none of, and when it was used as a middleware itself, without being called
 */
export function imgwireErrorHandler(): ErrorRequestHandler;
export function imgwireErrorHandler(...given: readonly unknown[]): ErrorRequestHandler {
  // `app.use(imgwireErrorHandler)` would make of it a middleware that never goes on.
  assertNotRequest('imgwireErrorHandler()', given[0], 'app.use(imgwireErrorHandler())');
  if (given.some((each) => each !== undefined)) {
    throw new TypeError(
      'imgwireErrorHandler(): it takes no options; what it logs goes to the `logger` of the instance.',
    );
  }
  return (error: unknown, _req, res, next) => {
    const response = res.headersSent ? undefined : errorResponse(error);
    if (response) sendJson(res, response);
    else next(error);
  };
}
