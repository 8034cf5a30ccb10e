import { toUploadError } from '@imgwire/core';
import type { ErrorRequestHandler } from 'express';

/**
 * Answers upload errors, and multer's, as `application/problem+json` (RFC 9457). Other errors, and those that come after
 * the answer has begun, go on to the next handler.
 */
export function imgwireErrorHandler(): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    const known = toUploadError(error);
    if (!known || res.headersSent) {
      next(error);
      return;
    }
    res.status(known.status).set(known.headers).type('application/problem+json').send(JSON.stringify(known));
  };
}
