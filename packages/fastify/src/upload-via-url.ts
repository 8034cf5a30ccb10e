import type { ServerResponse } from 'node:http';
import {
  assertOptions,
  closeSignal,
  type Imgwire,
  importViaUrl,
  type UploadViaUrlRules,
  VIA_URL_CHECKS,
} from '@imgwire/core';
import type { FastifyRequest } from 'fastify';
import { attachImage, type UploadHook } from './request.ts';
import { rethrow } from './rethrow.ts';

/** Creates the hook over a connection. @throws TypeError that names the wrong option */
export function uploadViaUrlHook(imgwire: Imgwire, options: UploadViaUrlRules<FastifyRequest>): UploadHook {
  const rules = { ...options, allowedHosts: options.allowedHosts ?? [] };
  assertOptions('app.imgwire.uploadViaUrl()', rules, VIA_URL_CHECKS);
  const run: UploadHook = async (request, reply) => {
    const { image, discard } = await importViaUrl(imgwire, rules, request as FastifyRequest, {
      signal: closeSignal(reply.raw as ServerResponse),
      body: () => request.body,
      answered: () => reply.raw.writableEnded,
    });
    attachImage(request, image, discard);
  };
  return (request, reply) => run(request, reply).catch(rethrow);
}
