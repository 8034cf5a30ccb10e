import type { Readable } from 'node:stream';
import { kindOf } from '@imgwire/core/adapter';
import {
  errorCodes,
  type FastifyInstance,
  type FastifyRequest,
  type preHandlerHookHandler,
  type preParsingHookHandler,
  type RouteOptions,
} from 'fastify';
import { arrivalOf, expectsUpload, noteArrival } from './arrivals.ts';
import type { GivenHooks } from './given-hooks.ts';

/** Fastify looks for a parser of the whole Content-Type first, and no other plugin has one of this. */
const OURS = 'multipart/form-data; parser="imgwire"';

/** Fastify parses no body of these. */
const BODYLESS: ReadonlySet<unknown> = new Set(['GET', 'HEAD', 'TRACE']);

/**
 * Brings the uploads of a scope to its upload hooks: forms, and bodies that are an image. Those to a route that is known to have a
 * hook for them are kept away from the content type parsers of the scope, whichever there are: `@fastify/multipart`'s, a catch-all.
 * All other requests are parsed, or rejected, as without this plugin.
 *
 * While Fastify has not been given a hook itself, since a function of the application calls it, any route may have it. Then an
 * upload that no parser takes is let through as far as the handler, and rejected in front of that if no upload hook has taken it.
 */
export function takeUploads(fastify: FastifyInstance, given: GivenHooks): void {
  const scopes = [fastify];
  fastify.addHook('onRegister', (scope) => void scopes.push(scope));
  fastify.addHook('onRoute', (route) => {
    given.look(route);
    if ([route.method].flat().every((method) => BODYLESS.has(method))) return;
    // Last, so that they get what the other hooks have made of the payload, and find what the others have taken.
    addHook(route, 'preParsing', steer);
    addHook(route, 'preHandler', rejectUntaken);
  });
  // Only now it is known which parsers the scopes have, and where the hooks are.
  fastify.addHook('onReady', async () => {
    const areHidden = given.areHidden();
    for (const scope of scopes) {
      if (!scope.hasContentTypeParser(OURS)) scope.addContentTypeParser(OURS, takeIt);
      if (areHidden) letThrough(scope);
    }
  });
}

function addHook(route: RouteOptions, name: 'preParsing' | 'preHandler', hook: object): void {
  route[name] = [route[name] ?? [], hook].flat() as never;
}

/** Fastify has parsers for a scope, not for a route, so the parser is chosen by the request's Content-Type. */
const steer: preParsingHookHandler = (request, reply, payload, done) => {
  const arrival = noteArrival(request, reply, payload);
  if (kindOf(request.raw.headers, request.raw) && (arrival.isTaken || expectsUpload(request))) {
    arrival.headers ??= request.headers;
    request.headers = { ...request.headers, 'content-type': OURS };
  }
  done(null, payload);
};

type Done = (error: Error | null, body?: unknown) => void;
/** Parses nothing. */
type Parser = (request: FastifyRequest, payload: Readable, done: Done) => void;

const takeIt: Parser = (request, payload, done) => {
  const arrival = arrivalOf(request);
  request.headers = arrival?.headers ?? request.raw.headers;
  leave(request, payload, done);
};

/** Reads nothing. What a hook in front of the parsers has received stays. */
function leave(...[request, payload, done]: Parameters<Parser>): void {
  const arrival = arrivalOf(request);
  if (arrival) Object.assign(arrival, { payload, isLeft: true });
  done(null, arrival?.isTaken ? request.body : undefined);
}

/**
 * A catch-all parser. Fastify keeps it under an empty text, which no string names: `hasContentTypeParser('*')` is false, and a
 * second one replaces the first.
 */
const CATCH_ALL: RegExp = Object.assign(/(?:)/, { toString: () => '' });

/** Adds the parser that gets what no other parser takes, unless the scope has one. */
function letThrough(scope: FastifyInstance): void {
  if (scope.hasContentTypeParser(CATCH_ALL) || scope.hasContentTypeParser('*')) return;
  scope.addContentTypeParser('*', leaveUploads);
}

const leaveUploads: Parser = (request, payload, done) => {
  const reply = arrivalOf(request)?.reply;
  // Without a parser Fastify asks the handler for routes that do not exist, and else responds at once.
  if (kindOf(request.raw.headers, request.raw) || request.is404 || !reply)
    return void leave(request, payload, done);
  void reply.send(new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE());
};

const rejectUntaken: preHandlerHookHandler = (request, _reply, done) => {
  const arrival = arrivalOf(request);
  const isUntaken = arrival?.isLeft && !arrival.isTaken && !expectsUpload(request);
  done(isUntaken ? new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE() : undefined);
};
