import { type ImgwireErrorCode, type ImgwireUploadError, toUploadError } from '@imgwire/core';
import { HttpException } from '@nestjs/common';

/**
 * A failed upload as an `HttpException` of Nest: `getStatus()` and `getResponse()` are the status and the problem details
 * (RFC 9457) that `@imgwire/express` sends, `cause` is the {@link ImgwireUploadError}.
 */
export class ImgwireHttpException extends HttpException {
  readonly code: ImgwireErrorCode;
  /** Headers of the response: `Retry-After` if a retry makes sense. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: ImgwireUploadError) {
    super(error.toJSON(), error.status, { cause: error });
    this.message = error.message;
    this.code = error.code;
    this.headers = error.headers;
  }
}

/** Returns an {@link ImgwireHttpException} for an error of core or multer, and any other error as it is. */
export function toHttpException(error: unknown): unknown {
  const known = toUploadError(error);
  return known ? new ImgwireHttpException(known) : error;
}
