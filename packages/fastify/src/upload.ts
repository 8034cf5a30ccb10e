import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type FieldRules,
  type FormSchema,
  type Imgwire,
  ImgwireError,
  isImgwireError,
  type UploadRules,
} from '@imgwire/core';
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
type BodyHook<Body> = UploadHook &
  ((request: FastifyRequest<{ Body: Body }>, reply: AnyReply) => Promise<void>);
type RulesWithSchema<Body> = Rules & { readonly form: FormSchema<Body> };

/** multer's methods, with a schema for the text fields. */
interface SchemaMethods {
  single<Body>(name: string, rules: RulesWithSchema<Body>): BodyHook<Body>;
  array<Body>(name: string, maxCount: number | undefined, rules: RulesWithSchema<Body>): BodyHook<Body>;
  fields<Body>(fields: readonly FieldRules[], rules: RulesWithSchema<Body>): BodyHook<Body>;
  any<Body>(rules: RulesWithSchema<Body>): BodyHook<Body>;
}

/**
 * multer's methods and `body`, as hooks of a route: `preHandler`, or `preValidation` where the route has a schema of the body. With `form`
 * Fastify infers the type of `request.body`; beside other hooks, and with `withImage()`, write `app.post<{ Body: … }>`.
 */
export type UploadHooks = SchemaMethods & RouteMethods<FastifyRequest, UploadHook>;

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
