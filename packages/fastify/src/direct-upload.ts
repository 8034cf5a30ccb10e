import type { Imgwire } from '@imgwire/core';
import {
  assertInput,
  assertSubject,
  CHECKS,
  type DirectUploadRules,
  directUploadEndpoint,
} from '@imgwire/core/adapter';
import type { FastifyRequest } from 'fastify';
import { type EndpointHandler, endpointHandler } from './endpoint.ts';

/** Creates the handler over an instance. @throws TypeError without `authorize` or `subject`, or for a wrong option */
export function directUploadHandler(
  imgwire: Imgwire,
  rules: DirectUploadRules<FastifyRequest>,
): EndpointHandler {
  assertInput('app.imgwire.directUpload()', rules, 'authorize', CHECKS.direct);
  assertSubject('app.imgwire.directUpload()', rules);
  return endpointHandler(directUploadEndpoint<FastifyRequest>({ ...rules, imgwire }));
}
