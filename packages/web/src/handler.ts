import { assertNotRequest } from '@imgwire/core/adapter';
import { assertRequest } from './assert-request.ts';
import { discardOnError } from './discard-on-error.ts';
import { imgwireErrorResponse } from './error-response.ts';
import type { ImgwireForm } from './form.ts';

/**
 * Makes a route of a handler: receives, calls it with what the request brought, and returns its response. Upload errors, its
 * own too, become `application/problem+json`; others are thrown. What a framework passes besides the request is passed on.
 *
 * @throws TypeError if the handler returns no Response; its images are deleted
 */
export type ImgwireHandler<Form extends ImgwireForm<unknown>> = <Req extends Request, Rest extends unknown[]>(
  handle: (form: Form, request: Req, ...rest: Rest) => Response | Promise<Response>,
) => (request: Req, ...rest: Rest) => Promise<Response>;

const NO_RESPONSE = 'handler(): the function must return a Response: write return Response.json(…).';

/** By its parts: there are as many classes of it as platforms. */
function isResponse(value: unknown): boolean {
  const { status, headers } = Object(value) as { status?: unknown; headers?: { get?: unknown } };
  return typeof status === 'number' && typeof headers?.get === 'function';
}

/** The `handler` of what `receive` receives. */
export function handlerOf<Form extends ImgwireForm<unknown>>(
  receive: (request: Request) => Promise<Form>,
  discards = false,
): ImgwireHandler<Form> {
  return (handle) => {
    assertNotRequest('handler()', handle, 'upload.handler((form) => …)');
    return async (request, ...rest) => {
      assertRequest('The route of handler()', request);
      try {
        const form = await receive(request);
        const run = async (): Promise<Response> => {
          const response = await handle(form, request, ...rest);
          if (isResponse(response)) return response;
          // Nobody gets their ids: they are deleted also where other errors leave them.
          if (!discards) await form.discard();
          throw new TypeError(NO_RESPONSE);
        };
        return await (discards ? discardOnError(form, request, run) : run());
      } catch (error) {
        const response = imgwireErrorResponse(error);
        if (!response) throw error;
        return response;
      }
    };
  };
}
