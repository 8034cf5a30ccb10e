import { ImgwireError } from '@imgwire/core';
import { type ArgumentsHost, Catch } from '@nestjs/common';
import { type AbstractHttpAdapter, BaseExceptionFilter } from '@nestjs/core';
import { throwError } from 'rxjs';
import { ImgwireHttpException, type ImgwireProblemBody, toHttpException } from './imgwire.exception.ts';
import { type PlatformResponse, rawOf, sendAsProblem } from './problem.ts';
import { report } from './report.ts';

/** The client of a WebSocket gateway. */
interface Client {
  emit(event: string, data: object): unknown;
}

@Catch(ImgwireHttpException, ImgwireError)
/**
 * Sends failures of Imgwire calls in the form of the transport. Opt in with `@UseFilters(ImgwireExceptionFilter)` or an
 * `APP_FILTER`.
 *
 * - HTTP: `application/problem+json`, which upload interceptors send for their routes without it; for routes that call
 *   {@link ImgwireService}, and for `imgwireStorage()` with Nest's own interceptors.
 * - Microservices: the error of the call is the problem details, with `code` and `message`.
 * - WebSockets: the same, as an `exception` event like Nest's own.
 * - GraphQL: the problem details are the `extensions` of the error, with `code`.
 *
 * What the operator or the developer has to mend is logged, once: to the `logger` of the instance, else to Nest's.
 */
export class ImgwireExceptionFilter extends BaseExceptionFilter {
  /** Sends the failure; an HTTP response that has been started is ended. Rethrows it for any other transport. */
  override catch(error: ImgwireHttpException | ImgwireError, host: ArgumentsHost): unknown {
    const exception = toHttpException(error) as ImgwireHttpException;
    const problem = exception.getResponse() as ImgwireProblemBody;
    const { message, ...extensions } = problem;
    report(error);
    switch (host.getType<'http' | 'rpc' | 'ws' | 'graphql'>()) {
      case 'http':
        return this.#respond(exception, host);
      case 'rpc':
        return throwError(() => problem);
      case 'ws':
        return host.switchToWs().getClient<Client>().emit('exception', problem);
      case 'graphql':
        return Object.assign(new Error(message, { cause: exception }), { extensions });
      default:
        throw exception;
    }
  }

  #respond(exception: ImgwireHttpException, host: ArgumentsHost): void {
    const adapter = (this.applicationRef ?? this.httpAdapterHost?.httpAdapter) as AbstractHttpAdapter;
    const response = host.switchToHttp().getResponse<PlatformResponse>();
    // Nest's own check asks Fastify, whose flag is set only once the response has ended.
    if (rawOf(response).headersSent) {
      adapter.end(response);
      return;
    }
    sendAsProblem(adapter, response, exception);
    super.catch(exception, host);
  }
}
