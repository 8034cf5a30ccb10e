import { ImgwireUploadError } from '@imgwire/core';
import { type ArgumentsHost, Catch } from '@nestjs/common';
import { type AbstractHttpAdapter, BaseExceptionFilter } from '@nestjs/core';
import { ImgwireHttpException, toHttpException } from './imgwire.exception.ts';
import { answerAsProblem, type PlatformResponse, rawOf } from './problem.ts';

@Catch(ImgwireHttpException, ImgwireUploadError)
/**
 * Answers failed calls to Imgwire as `application/problem+json`, as the upload interceptors do for their routes: for
 * routes that call {@link ImgwireService}, and for `imgwireStorage()` behind Nest's own interceptors. By choice:
 * `@UseFilters(ImgwireExceptionFilter)`, or as an `APP_FILTER`.
 */
export class ImgwireExceptionFilter extends BaseExceptionFilter {
  /** Answers the failure as problem details; an answer that has begun is ended. */
  override catch(error: ImgwireHttpException | ImgwireUploadError, host: ArgumentsHost): void {
    const exception = toHttpException(error);
    const adapter = (this.applicationRef ?? this.httpAdapterHost?.httpAdapter) as AbstractHttpAdapter;
    const response = host.switchToHttp().getResponse<PlatformResponse>();
    // Nest itself asks Fastify, which only knows of an answer that has ended.
    if (rawOf(response).headersSent) {
      adapter.end(response);
      return;
    }
    answerAsProblem(adapter, response, exception);
    super.catch(exception, host);
  }
}
