import type { Imgwire } from '@imgwire/core';
import {
  assertInput,
  assertTokenSubject,
  CHECKS,
  tokenEndpoint,
  type UploadTokenRules,
} from '@imgwire/core/adapter';
import type { FastifyRequest } from 'fastify';
import { type EndpointHandler, endpointHandler } from './endpoint.ts';

/** Creates the handler over an instance. @throws TypeError without `authorize`, or for a wrong option */
export function uploadTokenHandler(
  imgwire: Imgwire,
  rules: UploadTokenRules<FastifyRequest>,
): EndpointHandler {
  assertInput('app.imgwire.uploadToken()', rules, 'authorize', CHECKS.token);
  assertTokenSubject('app.imgwire.uploadToken()', rules);
  return endpointHandler(tokenEndpoint<FastifyRequest>({ ...rules, imgwire }));
}
