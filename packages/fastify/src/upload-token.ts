import type { ServerResponse } from 'node:http';
import type { Imgwire } from '@imgwire/core';
import {
  assertInput,
  CHECKS,
  headersOf,
  responseSignal,
  tokenEndpoint,
  type UploadTokenRules,
} from '@imgwire/core/adapter';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AnyReply, AnyRequest } from './request.ts';

/** The handler of a route that issues upload tokens. */
export type UploadTokenHandler = (request: AnyRequest, reply: AnyReply) => Promise<unknown>;

/** Creates the handler over an instance. @throws TypeError without `authorize`, or for a wrong option */
export function uploadTokenHandler(
  imgwire: Imgwire,
  rules: UploadTokenRules<FastifyRequest>,
): UploadTokenHandler {
  assertInput('app.imgwire.uploadToken()', rules, 'authorize', CHECKS.token);
  const endpoint = tokenEndpoint<FastifyRequest>({ ...rules, imgwire });
  return async (request, anyReply) => {
    const reply = anyReply as FastifyReply;
    const own = request as FastifyRequest;
    const signal = responseSignal(reply.raw as ServerResponse);
    const response = await endpoint(own, signal, (error) => own.log.error(error));
    // Someone else has responded meanwhile: `authorize` itself, or a timer.
    if (reply.sent || reply.raw.headersSent) return reply;
    return reply
      .code(response.status)
      .headers(headersOf(response, reply.getHeader('Vary')))
      .send(response.body);
  };
}
