import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Imgwire, ImgwireError, isImgwireError, type UploadRules } from '@imgwire/core';
import {
  asError,
  attach,
  platformReceiver,
  type RouteMethods,
  receivesRequest,
  routeMethods,
  type UploadKind,
  watchAwait,
} from '@imgwire/core/adapter';
import type { FastifyRequest } from 'fastify';
import { arrivalOf, MARKS, takeArrival } from './arrivals.ts';
import type { UploadHook } from './request.ts';

type Rules = UploadRules<FastifyRequest>;

/** multer's methods and `body`, as hooks of a route: `preHandler`, or `preValidation` where the route has a schema of the body. */
export type UploadHooks = RouteMethods<FastifyRequest, UploadHook>;

/** Creates the hooks over an instance; `add` notes each with its name. */
export function uploadHooks(
  imgwire: Imgwire,
  shared: Rules,
  add: (hook: UploadHook, name: string, kind: UploadKind) => UploadHook,
): UploadHooks {
  return routeMethods('app.imgwire', shared, (rules: Rules, name, kind) => {
    const receive = platformReceiver(imgwire, rules, kind);
    const receives = receivesRequest(rules, kind);
    const run: UploadHook = async (request, reply) => {
      const raw = request.raw as IncomingMessage;
      if (!receives(raw.headers)) {
        attach(request, { files: [] });
        return;
      }
      const payload = takeArrival(request);
      const received = await receive(
        request as FastifyRequest,
        raw,
        reply.raw as ServerResponse,
        payload,
      ).catch((error: unknown) => {
        // What is no object, Fastify's error handling would send as a response: with the status 200.
        throw readByAnother(request, error, kind) ?? asError(error);
      });
      if (kind === 'form') request.body = received.fields;
      attach(request, received);
    };
    const watch = watchAwait(name);
    return add((request, reply) => watch(run(request, reply)), name, kind);
  });
}

/** What to write where another parser of the scope has read the body, since its route was not known to have an upload hook. */
function readByAnother(request: object, error: unknown, kind: UploadKind): ImgwireError | undefined {
  if (!isImgwireError(error) || error.code !== 'BODY_ALREADY_READ') return undefined;
  if (arrivalOf(request)?.isLeft !== false) return undefined;
  return new ImgwireError('BODY_ALREADY_READ', {
    message: `A content type parser has read the ${kind} before the upload hook; write in the options of the route: config: { ${MARKS[kind]}: true }`,
    cause: error,
  });
}
