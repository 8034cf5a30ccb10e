import { type ImgwireErrorCode, type ImgwireUploadError, toUploadError } from '@imgwire/core';
import { HttpException } from '@nestjs/common';

/**
 * A failed upload as Nest knows failures: `getStatus()` and `getResponse()` are the status and the problem details
 * (RFC 9457) that the Express adapter answers, `cause` is the {@link ImgwireUploadError}.
 */
export class ImgwireHttpException extends HttpException {
  readonly code: ImgwireErrorCode;
  /** Headers of the answer: `Retry-After` where a repetition makes sense. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: ImgwireUploadError) {
    super(error.toJSON(), error.status, { cause: error });
    this.message = error.message;
    this.code = error.code;
    this.headers = error.headers;
  }
}

/** Answers the {@link ImgwireHttpException} for what core or multer threw, and anything else as it is. */
export function toHttpException(error: unknown): unknown {
  const known = toUploadError(error);
  return known ? new ImgwireHttpException(known) : error;
}
