import type { ServerResponse } from 'node:http';
import { type Endpoint, headersOf, responseSignal } from '@imgwire/core/adapter';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AnyReply, AnyRequest } from './request.ts';
import { isSilent } from './silent.ts';

/** The handler of a route that responds itself. */
export type EndpointHandler = (request: AnyRequest, reply: AnyReply) => Promise<unknown>;

/** Makes a handler of an endpoint of core. */
export const endpointHandler =
  (endpoint: Endpoint<FastifyRequest>): EndpointHandler =>
  async (request, anyReply) => {
    const reply = anyReply as FastifyReply;
    const own = request as FastifyRequest;
    const response = await endpoint(own, {
      signal: responseSignal(reply.raw as ServerResponse),
      body: () => own.body,
      ...(isSilent(own.log) ? {} : { log: (error: Error) => own.log.error(error) }),
    });
    // Someone else has responded meanwhile: `authorize` itself, or a timer.
    if (reply.sent || reply.raw.headersSent) return reply;
    return reply
      .code(response.status)
      .headers(headersOf(response, reply.getHeader('Vary')))
      .send(response.body);
  };
