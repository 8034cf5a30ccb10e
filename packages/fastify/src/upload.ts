import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Imgwire,
  ImgwireError,
  isImgwireError,
  platformReceiver,
  type RouteFields,
  type RouteMethods,
  receivesRequest,
  routeMethods,
  routeRules,
  type UploadRules,
  watchAwait,
} from '@imgwire/core';
import type { FastifyRequest } from 'fastify';
import { arrivalOf, takeArrival } from './arrivals.ts';
import { attachFiles, type UploadHook } from './request.ts';
import { rethrow } from './rethrow.ts';

type Rules = UploadRules<FastifyRequest>;

/** multer's methods, as hooks of a route: `preHandler`, or `preValidation` where the route has a schema of the body. */
export type UploadHooks = RouteMethods<Rules, UploadHook>;

/** Creates the hooks over a connection; `add` notes each with its name. */
export function uploadHooks(
  imgwire: Imgwire,
  shared: Rules,
  add: (hook: UploadHook, name: string) => UploadHook,
): UploadHooks {
  const route = (method: string, fieldsOf: RouteFields, own: Rules = {}): UploadHook => {
    const name = `app.imgwire${method}`;
    const rules = routeRules(name, shared, own, fieldsOf);
    const receive = platformReceiver(imgwire, rules);
    const receives = receivesRequest(rules);
    const run: UploadHook = async (request, reply) => {
      const raw = request.raw as IncomingMessage;
      if (!receives(raw.headers)) {
        attachFiles(request, []);
        return;
      }
      const payload = takeArrival(request);
      const form = await receive(request as FastifyRequest, raw, reply.raw as ServerResponse, payload).catch(
        (error: unknown) => rethrow(readByAnother(request, error) ?? error),
      );
      request.body = form.fields;
      attachFiles(request, form.files);
    };
    const watch = watchAwait(name);
    return add((request, reply) => watch(run(request, reply)), name);
  };
  return routeMethods(route);
}

/** What to write where another parser of the scope has read a form, since its route was not known to have an upload hook. */
function readByAnother(request: object, error: unknown): ImgwireError | undefined {
  if (!isImgwireError(error) || error.code !== 'BODY_ALREADY_READ') return undefined;
  if (arrivalOf(request)?.isLeft !== false) return undefined;
  return new ImgwireError('BODY_ALREADY_READ', {
    message:
      'A content type parser has read the form before the upload hook; write in the options of the route: config: { imgwire: true }',
    cause: error,
  });
}
