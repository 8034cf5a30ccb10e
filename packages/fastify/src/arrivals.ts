import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { kindOf, type UploadKind } from '@imgwire/core/adapter';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A request with a body, on its way through Fastify. */
export interface Arrival {
  readonly reply: FastifyReply;
  /** What the hooks in front of the parsers have made of the body. */
  payload: Readable;
  /** Its headers, while they are others for the choice of its parser. */
  headers: FastifyRequest['headers'] | undefined;
  /** Whether no parser has read it. */
  isLeft: boolean;
  /** Whether an upload hook has received it. */
  isTaken: boolean;
}

const arrivals = new WeakMap<object, Arrival>();
/** Requests that an upload hook has received before their parser was chosen. */
const takenEarly = new WeakSet<object>();
/** Where a scope has a hook of its own. */
const scopesWithHook = { form: new WeakSet<object>(), body: new WeakSet<object>() };
/** What the `config` of a route with a hook has. */
export const MARKS = { form: 'imgwire', body: 'imgwireBody' } as const;

/** Notes a request whose parser is chosen next. */
export function noteArrival(request: FastifyRequest, reply: FastifyReply, payload: Readable): Arrival {
  const known = arrivals.get(request);
  const arrival = known ?? {
    ...{ reply, payload, headers: undefined, isLeft: false, isTaken: takenEarly.has(request) },
  };
  arrival.payload = payload;
  arrivals.set(request, arrival);
  return arrival;
}

/** The request on its way; undefined for one whose body Fastify does not parse. */
export const arrivalOf = (request: object): Arrival | undefined => arrivals.get(request);

/** Notes that an upload hook receives a request, and returns where to read its body. */
export function takeArrival(request: { readonly raw: object }): Readable {
  const arrival = arrivals.get(request);
  if (arrival) arrival.isTaken = true;
  else takenEarly.add(request);
  return arrival?.payload ?? (request.raw as IncomingMessage);
}

/** Has every route of a scope, and of those inside, expect uploads of a kind. */
export function expectUploads(scope: object, kind: UploadKind): void {
  scopesWithHook[kind].add(scope);
}

/** Whether the route of a request, or its scope, is known to have a hook for what the request brings. */
export function expectsUpload({ raw, routeOptions, server }: FastifyRequest): boolean {
  const kind = kindOf(raw.headers, raw);
  if (!kind) return false;
  if (routeOptions.config[MARKS[kind]]) return true;
  // A scope inherits from the one around it.
  for (let scope: object | null = server; scope; scope = Object.getPrototypeOf(scope) as object | null) {
    if (scopesWithHook[kind].has(scope)) return true;
  }
  return false;
}
