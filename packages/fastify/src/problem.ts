import { STATUS_CODES } from 'node:http';
import { type ImgwireError, isImgwireError, reportFault } from '@imgwire/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isSilent } from './silent.ts';

/**
 * Makes Fastify's own rendering of our errors problem details (RFC 9457). An error handler of the application comes first: what
 * it sends is sent, and if it passes the error on, or there is none, the problem details are. Where the route has a response
 * schema for the status, that decides what is in the body, and its type is application/json.
 *
 * Fastify logs the error. Where it has no logger, which is its default, what you have to mend goes to `console.error`.
 */
export function renderProblems(fastify: FastifyInstance): void {
  const failures = new WeakMap<FastifyRequest, ImgwireError>();
  fastify.addHook('onError', (request, _reply, error, done) => {
    if (isImgwireError(error)) {
      failures.set(request, error);
      describe(error);
      if (isSilent(request.log)) reportFault(error);
    }
    done();
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const error = reply.statusCode < 400 ? undefined : failures.get(request);
    if (!error || payload !== fastifys(error)) return done(null, payload);
    reply.type('application/problem+json; charset=utf-8');
    done(null, JSON.stringify(error));
  });
}

/** For a response schema, which picks the properties of the error. */
function describe(error: ImgwireError): void {
  const { title, detail, type } = error.toJSON();
  for (const [name, value] of Object.entries({ title, detail, ...(type !== undefined && { type }) })) {
    Object.defineProperty(error, name, { value, configurable: true });
  }
}

/** The body that Fastify sends for an error without a response schema. */
const fastifys = ({ status, code, message }: ImgwireError): string =>
  JSON.stringify({ statusCode: status, code, error: STATUS_CODES[status], message });
