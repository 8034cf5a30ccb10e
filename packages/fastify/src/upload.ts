import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Imgwire,
  platformReceiver,
  type RouteFields,
  type RouteMethods,
  receivesRequest,
  routeMethods,
  routeRules,
  type UploadRules,
} from '@imgwire/core';
import type { FastifyRequest } from 'fastify';
import { attachFiles, type UploadHook } from './request.ts';
import { rethrow } from './rethrow.ts';

type Rules = UploadRules<FastifyRequest>;

/** multer's methods, as hooks of a route: `preHandler`, or `preValidation` where the route has a schema of the body. */
export type UploadHooks = RouteMethods<Rules, UploadHook>;

/** Creates the hooks over a connection; `take` registers each. */
export function uploadHooks(
  imgwire: Imgwire,
  shared: Rules,
  take: (hook: UploadHook) => UploadHook,
): UploadHooks {
  const route = (method: string, fieldsOf: RouteFields, own: Rules = {}): UploadHook => {
    const rules = routeRules(`app.imgwire${method}`, shared, own, fieldsOf);
    const receive = platformReceiver(imgwire, rules);
    const receives = receivesRequest(rules);
    return take(async (request, reply) => {
      const raw = request.raw as IncomingMessage;
      if (!receives(raw.headers)) {
        attachFiles(request, []);
        return;
      }
      const form = await receive(request as FastifyRequest, raw, reply.raw as ServerResponse).catch(rethrow);
      request.body = form.fields;
      attachFiles(request, form.files);
    });
  };
  return routeMethods(route);
}
