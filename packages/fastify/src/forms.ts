import { isForm } from '@imgwire/core';
import { errorCodes, type FastifyInstance, type FastifyRequest, type RouteOptions } from 'fastify';
import type { UploadHook } from './request.ts';

const FORM = 'multipart/form-data';
/** Fastify looks for a parser of the whole Content-Type first, and no other plugin has one of this. */
const OURS = `${FORM}; parser="imgwire"`;

/**
 * Keeps the forms of routes with an upload hook away from the content type parsers of their scope, whichever there are:
 * `@fastify/multipart`'s, a catch-all. Forms to other routes are parsed, or rejected, as without this plugin.
 *
 * @returns registers an upload hook
 */
export function takeForms(fastify: FastifyInstance): (hook: UploadHook) => UploadHook {
  const hooks = new WeakSet<object>();
  const scopes = new Set<FastifyInstance>();
  const taken = new WeakSet<FastifyRequest>();
  if (!fastify.hasContentTypeParser(OURS)) {
    fastify.addContentTypeParser(OURS, (request, _payload, done) => {
      request.headers = request.raw.headers;
      done(null);
    });
  }
  fastify.addHook('onRoute', function (route) {
    if (!hooksOf(route).some((hook) => hooks.has(hook))) return;
    scopes.add(this);
    // Fastify has parsers for a scope, not for a route, so the parser is chosen by the request's Content-Type.
    route.preParsing = [route.preParsing ?? []].flat();
    route.preParsing.push((request, _reply, payload, done) => {
      if (isForm(request.raw.headers)) {
        taken.add(request);
        request.headers = { ...request.headers, 'content-type': OURS };
      }
      done(null, payload);
    });
  });
  // For requests whose `mediaType` a hook has read before: Fastify keeps the parsed Content-Type.
  fastify.addHook('onReady', async () => {
    for (const scope of scopes) {
      if (scope.hasContentTypeParser(FORM) || scope.hasContentTypeParser('*')) continue;
      scope.addContentTypeParser(FORM, (request, _payload, done) => {
        const rejected = !(taken.has(request) || request.is404);
        done(rejected ? new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE() : null);
      });
    }
  });
  return (hook) => {
    hooks.add(hook);
    return hook;
  };
}

const hooksOf = ({ preValidation, preHandler }: RouteOptions): object[] =>
  [preValidation ?? [], preHandler ?? []].flat();
