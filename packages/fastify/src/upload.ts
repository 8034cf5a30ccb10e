import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FieldRules, type Imgwire, ImgwireError, isImgwireError, type UploadRules } from '@imgwire/core';
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
import type { AnyReply, UploadHook } from './request.ts';

type Rules = UploadRules<FastifyRequest>;

/** A hook from which Fastify infers the body of the route. The other signature is for each kind of server and type provider. */
type BodyHook<Fields> = unknown extends Fields
  ? UploadHook
  : UploadHook & ((request: FastifyRequest<{ Body: Fields }>, reply: AnyReply) => Promise<void>);

/**
 * multer's methods and `body`, as hooks of a route: `preHandler`, or `preValidation` where the route has a schema of the body. With `form`
 * Fastify infers the type of `request.body`; beside other hooks, and with `withImage()`, write `app.post<{ Body: … }>`.
 */
export interface UploadHooks
  extends Omit<RouteMethods<FastifyRequest, UploadHook>, 'single' | 'array' | 'fields' | 'any'> {
  /** One file, in the field `name`. */
  single<Fields>(name: string, rules?: UploadRules<FastifyRequest, Fields>): BodyHook<Fields>;
  /** Files in the field `name`, at most `maxCount` of them. */
  array<Fields>(
    name: string,
    maxCount?: number,
    rules?: UploadRules<FastifyRequest, Fields>,
  ): BodyHook<Fields>;
  /** Files in the named fields, each with its own rules. */
  fields<Fields>(
    fields: readonly FieldRules[],
    rules?: UploadRules<FastifyRequest, Fields>,
  ): BodyHook<Fields>;
  /** Files in any field, or in those that the rules name. */
  any<Fields>(rules?: UploadRules<FastifyRequest, Fields>): BodyHook<Fields>;
}

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
      if (!receives(raw.headers, raw)) {
        attach(request, { files: [] }, kind);
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
      attach(request, received, kind);
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
