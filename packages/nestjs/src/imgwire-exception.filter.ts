import { ImgwireUploadError } from '@imgwire/core';
import { type ArgumentsHost, Catch } from '@nestjs/common';
import { type AbstractHttpAdapter, BaseExceptionFilter } from '@nestjs/core';
import { throwError } from 'rxjs';
import { ImgwireHttpException, toHttpException } from './imgwire.exception.ts';
import { answerAsProblem, type PlatformResponse, rawOf } from './problem.ts';

/** A client of a gateway. */
interface Client {
  emit(event: string, data: object): unknown;
}

@Catch(ImgwireHttpException, ImgwireUploadError)
/**
 * Answers failed calls to Imgwire in the form of where they were made. By choice: `@UseFilters(ImgwireExceptionFilter)`, or
 * as an `APP_FILTER`.
 *
 * - HTTP: as `application/problem+json`, as the upload interceptors do for their routes; for routes that call
 *   {@link ImgwireService}, and for `imgwireStorage()` behind Nest's own interceptors.
 * - Microservices: the error of the call is the same problem details, with `code`, and a `message`.
 * - WebSockets: the same as an `exception` event, as Nest's own failures are.
 * - GraphQL: the problem details are the `extensions` of the error, with `code`.
 */
export class ImgwireExceptionFilter extends BaseExceptionFilter {
  /** Answers the failure; an HTTP answer that has begun is ended. Throws it where the transport is none of these. */
  override catch(error: ImgwireHttpException | ImgwireUploadError, host: ArgumentsHost): unknown {
    const exception = toHttpException(error) as ImgwireHttpException;
    const { message } = exception;
    const problem = exception.getResponse() as object;
    switch (host.getType<'http' | 'rpc' | 'ws' | 'graphql'>()) {
      case 'http':
        return this.#answer(exception, host);
      case 'rpc':
        return throwError(() => ({ ...problem, message }));
      case 'ws':
        return host
          .switchToWs()
          .getClient<Client>()
          .emit('exception', { ...problem, message });
      case 'graphql':
        return Object.assign(new Error(message, { cause: exception }), { extensions: problem });
      default:
        throw exception;
    }
  }

  #answer(exception: ImgwireHttpException, host: ArgumentsHost): void {
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
