import { STATUS_CODES } from 'node:http';
import { type ImgwireUploadError, isImgwireUploadError } from '@imgwire/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const PROBLEM = 'application/problem+json';

/**
 * Makes Fastify's own rendering of our errors problem details (RFC 9457). An error handler of the application comes first: what
 * it sends is sent, and if it passes the error on, or there is none, the problem details are. Where the route has a response
 * schema for the status, that decides what is in the body.
 */
export function renderProblems(fastify: FastifyInstance): void {
  const failures = new WeakMap<FastifyRequest, ImgwireUploadError>();
  fastify.addHook('onError', (request, _reply, error, done) => {
    if (isImgwireUploadError(error)) {
      failures.set(request, error);
      describe(error);
    }
    done();
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const error = reply.statusCode < 400 ? undefined : failures.get(request);
    done(null, error && payload === fastifys(error) ? JSON.stringify(error) : payload);
  });
}

/** What Fastify takes from an error: the headers, and for a response schema any property. */
function describe(error: ImgwireUploadError): void {
  const { title, detail } = error.toJSON();
  const headers = { ...error.headers, 'Content-Type': PROBLEM };
  for (const [name, value] of Object.entries({ title, detail, headers })) {
    Object.defineProperty(error, name, { value, configurable: true });
  }
}

/** The body that Fastify sends for an error without a response schema. */
const fastifys = ({ status, code, message }: ImgwireUploadError): string =>
  JSON.stringify({ statusCode: status, code, error: STATUS_CODES[status], message });
