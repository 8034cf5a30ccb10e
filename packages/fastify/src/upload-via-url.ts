import type { ServerResponse } from 'node:http';
import {
  assertInput,
  closeSignal,
  type Imgwire,
  type UploadViaUrlRules,
  VIA_URL_CHECKS,
  viaUrlEndpoint,
  watchAwait,
} from '@imgwire/core';
import type { FastifyRequest } from 'fastify';
import { attachImage, type UploadHook } from './request.ts';
import { rethrow } from './rethrow.ts';

/** Creates the hook over a connection. @throws TypeError that names the wrong option */
export function uploadViaUrlHook(imgwire: Imgwire, rules: UploadViaUrlRules<FastifyRequest>): UploadHook {
  const call = 'app.imgwire.uploadViaUrl()';
  assertInput(call, rules, 'allowedHosts', VIA_URL_CHECKS);
  const run: UploadHook = async (request, reply) => {
    const { image, discard } = await viaUrlEndpoint(imgwire, rules, request as FastifyRequest, {
      signal: closeSignal(reply.raw as ServerResponse),
      body: () => request.body,
      answered: () => reply.raw.writableEnded,
    });
    attachImage(request, image, discard);
  };
  const watch = watchAwait(call);
  return (request, reply) => watch(run(request, reply).catch(rethrow));
}
