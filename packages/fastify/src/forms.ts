import { isForm } from '@imgwire/core';
import type { FastifyInstance, RouteOptions } from 'fastify';
import type { UploadHook } from './request.ts';

/** Fastify looks for a parser of the whole Content-Type first, and no other plugin has one of this. */
const OURS = 'multipart/form-data; parser="imgwire"';

/**
 * Keeps the forms of routes with an upload hook away from the content type parsers of their scope, whichever there are:
 * `@fastify/multipart`'s, a catch-all. Forms to other routes are parsed, or rejected, as without this plugin.
 *
 * @returns registers an upload hook
 */
export function takeForms(fastify: FastifyInstance): (hook: UploadHook) => UploadHook {
  const hooks = new WeakSet<object>();
  if (!fastify.hasContentTypeParser(OURS)) {
    fastify.addContentTypeParser(OURS, (request, _payload, done) => {
      request.headers = request.raw.headers;
      done(null);
    });
  }
  fastify.addHook('onRoute', (route) => {
    if (!hooksOf(route).some((hook) => hooks.has(hook))) return;
    // Fastify has parsers for a scope, not for a route, so the parser is chosen by the request's Content-Type.
    route.preParsing = [route.preParsing ?? []].flat();
    route.preParsing.push((request, _reply, payload, done) => {
      if (isForm(request.raw.headers)) request.headers = { ...request.headers, 'content-type': OURS };
      done(null, payload);
    });
  });
  return (hook) => {
    hooks.add(hook);
    return hook;
  };
}

/**
 * Refuses routes in front of which one of the methods that make upload hooks stands itself: Fastify would call it with the request.
 *
 * @throws TypeError when such a route is added
 */
export function refuseUncalled(fastify: FastifyInstance, methods: Readonly<Record<string, object>>): void {
  const names = new Map(Object.entries(methods).map(([name, method]): [object, string] => [method, name]));
  fastify.addHook('onRoute', (route) => {
    const name = hooksOf(route)
      .map((hook) => names.get(hook))
      .find(Boolean);
    if (!name) return;
    throw new TypeError(`app.imgwire.${name}(): it was not called; in the route write its call, with ( ).`);
  });
}

const hooksOf = ({ preValidation, preHandler }: RouteOptions): object[] =>
  [preValidation ?? [], preHandler ?? []].flat();
