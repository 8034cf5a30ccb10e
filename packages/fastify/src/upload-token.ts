import type { ServerResponse } from 'node:http';
import {
  assertInput,
  closeSignal,
  type Imgwire,
  mergeVary,
  TOKEN_CHECKS,
  tokenEndpoint,
  type UploadTokenRules,
} from '@imgwire/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AnyReply, AnyRequest } from './request.ts';

/** The handler of a route that issues upload tokens. */
export type UploadTokenHandler = (request: AnyRequest, reply: AnyReply) => Promise<unknown>;

/** Creates the handler over a connection. @throws TypeError without `authorize`, or for a wrong option */
export function uploadTokenHandler(
  imgwire: Imgwire,
  rules: UploadTokenRules<FastifyRequest>,
): UploadTokenHandler {
  assertInput('app.imgwire.uploadToken()', rules, 'authorize', TOKEN_CHECKS);
  const endpoint = tokenEndpoint<FastifyRequest>({ ...rules, imgwire });
  return async (request, anyReply) => {
    const reply = anyReply as FastifyReply;
    const own = request as FastifyRequest;
    const { status, headers, body } = await endpoint(own, closeSignal(reply.raw as ServerResponse), (error) =>
      own.log.error(error),
    );
    // Someone else has responded meanwhile: `authorize` itself, or a timer.
    if (reply.sent || reply.raw.headersSent) return reply;
    const { Vary: vary, ...others } = headers;
    if (vary) reply.header('Vary', mergeVary(reply.getHeader('Vary'), vary));
    return reply.code(status).headers(others).send(body);
  };
}
