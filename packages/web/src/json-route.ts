import type { Endpoint } from '@imgwire/core/adapter';
import { assertRequest } from './assert-request.ts';
import { clientSignal } from './client-signal.ts';
import { jsonBody } from './json-body.ts';
import { toResponse } from './to-response.ts';

/** The largest body of ten completed uploads with a token, in bytes. */
export const TOKEN_BODY_BYTES: number = 16 * 1024;

/**
 * A route of an endpoint that takes JSON, of `maxBytes` at most.
 *
 * @param caller what was called, for the error of what is no request
 * @param endpoint is called for each request
 */
export const jsonRoute =
  (caller: string, endpoint: () => Endpoint<Request>, maxBytes: number) =>
  async (request: Request): Promise<Response> => {
    assertRequest(caller, request);
    const exchange = { signal: clientSignal(request), body: () => jsonBody(request, maxBytes) };
    return toResponse(await endpoint()(request, exchange));
  };
