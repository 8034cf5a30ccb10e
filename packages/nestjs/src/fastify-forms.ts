import type { AbstractHttpAdapter } from '@nestjs/core';

/** What is used of a Fastify instance. */
interface FastifyLike {
  addHook(name: 'onReady', hook: () => Promise<void>): unknown;
  hasContentTypeParser(type: string): boolean;
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): unknown;
}

/**
 * Lets forms through to the upload interceptors. Fastify refuses a body that it has no parser for before any guard or
 * interceptor runs; the parser added here reads nothing. A parser that is there, `@fastify/multipart`'s for one, stays:
 * hence only once every plugin was loaded.
 */
export function letFormsThrough(adapter: AbstractHttpAdapter): void {
  if (adapter.getType() !== 'fastify') return;
  const fastify: FastifyLike = adapter.getInstance();
  fastify.addHook('onReady', async () => {
    if (fastify.hasContentTypeParser('multipart/form-data')) return;
    fastify.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null));
  });
}
