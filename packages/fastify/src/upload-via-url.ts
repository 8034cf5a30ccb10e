import type { ServerResponse } from 'node:http';
import type { Imgwire } from '@imgwire/core';
import {
  asError,
  assertInput,
  attach,
  CHECKS,
  responseSignal,
  type UploadViaUrlRules,
  viaUrlEndpoint,
  watchAwait,
} from '@imgwire/core/adapter';
import type { FastifyRequest } from 'fastify';
import type { UploadHook } from './request.ts';

/** Creates the hook over an instance. @throws TypeError that names the wrong option */
export function uploadViaUrlHook(imgwire: Imgwire, rules: UploadViaUrlRules<FastifyRequest>): UploadHook {
  const call = 'app.imgwire.uploadViaUrl()';
  assertInput(call, rules, 'allowedHosts', CHECKS.viaUrl);
  const run: UploadHook = async (request, reply) => {
    const exchange = {
      signal: responseSignal(reply.raw as ServerResponse),
      body: () => request.body,
      hasResponded: () => reply.raw.writableEnded,
    };
    const stored = await viaUrlEndpoint(imgwire, rules, request as FastifyRequest, exchange).catch(
      (error: unknown) => {
        throw asError(error);
      },
    );
    attach(request, stored);
  };
  const watch = watchAwait(call);
  return (request, reply) => watch(run(request, reply));
}
