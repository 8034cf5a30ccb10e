import { type ImgwireError, type ImgwireErrorCode, type ProblemDetails, toImgwireError } from '@imgwire/core';
import { HttpException } from '@nestjs/common';
import { report } from './report.ts';

/** The problem details of a failure, and its `message`, which clients of Nest read of every error. */
export type ImgwireProblemBody = ProblemDetails & { readonly message: string };

/** Adds the `message` to problem details: RFC 9457, section 3.2, lets a body have members of its own. */
export const withMessage = (problem: ProblemDetails): ImgwireProblemBody => ({
  ...problem,
  message: problem.detail,
});

/**
 * A failed upload as an `HttpException` of Nest: `getStatus()` and `getResponse()` are the status and the problem details
 * (RFC 9457) that `@imgwire/express` sends, with a `message` like that of Nest's own exceptions; `cause` is the {@link ImgwireError}.
 */
export class ImgwireHttpException extends HttpException {
  readonly code: ImgwireErrorCode;
  /** Headers of the response: `Retry-After` if a retry makes sense. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: ImgwireError) {
    super(withMessage(error.toJSON()), error.status, { cause: error });
    this.message = error.message;
    this.code = error.code;
    this.headers = error.headers;
  }

  /**
   * The HTTP status of the code. Every filter asks for it to make a response, in which the `cause` is not: so what the operator or the
   * developer has to mend is logged here, once, to the `logger` of the instance, else to Nest's.
   */
  override getStatus(): number {
    report(this);
    return super.getStatus();
  }
}

/** Returns an {@link ImgwireHttpException} for an error of core or multer, and any other error as it is. */
export function toHttpException(error: unknown): unknown {
  const known = toImgwireError(error);
  return known ? new ImgwireHttpException(known) : error;
}
