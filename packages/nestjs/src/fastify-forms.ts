import type { AbstractHttpAdapter } from '@nestjs/core';

/** The part of a Fastify instance that is used here. */
interface FastifyLike {
  addHook(name: 'onReady', hook: () => Promise<void>): unknown;
  hasContentTypeParser(type: string): boolean;
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): unknown;
}

/**
 * Lets forms through to the upload interceptors. Fastify rejects a body without a content type parser before any guard or
 * interceptor runs; the parser added here reads nothing. It is added once all plugins are loaded, so that an existing
 * parser, such as `@fastify/multipart`'s, takes precedence.
 */
export function letFormsThrough(adapter: AbstractHttpAdapter): void {
  if (adapter.getType() !== 'fastify') return;
  const fastify: FastifyLike = adapter.getInstance();
  fastify.addHook('onReady', async () => {
    if (fastify.hasContentTypeParser('multipart/form-data')) return;
    fastify.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null));
  });
}
