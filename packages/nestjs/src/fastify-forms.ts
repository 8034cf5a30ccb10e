import type { Readable } from 'node:stream';
import type { AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';

type Done = (error: null, payload?: Readable) => void;
type PreParsing = (request: object, reply: unknown, payload: Readable, done: Done) => void;

/** The part of a Fastify instance that is used here. */
interface FastifyLike {
  addHook(name: 'onReady', hook: () => Promise<void>): unknown;
  addHook(name: 'onRoute', hook: (route: { preParsing?: unknown }) => void): unknown;
  hasContentTypeParser(type: string): boolean;
  addContentTypeParser(
    type: string,
    parser: (request: object, payload: Readable, done: Done) => void,
  ): unknown;
}

const payloads = new WeakMap<object, Readable>();
const prepared = new WeakSet<object>();

/** Where to read the body of a Fastify request: what its `preParsing` hooks have made of it. Undefined for any other request. */
export const payloadOf = (request: object): Readable | undefined => payloads.get(request);

/**
 * Calls back with the HTTP adapter as soon as the application has one; never in a unit test, whose host is a substitute.
 * `onModuleInit` is called once Fastify has the routes.
 */
export function whenAdapter(
  host: Partial<HttpAdapterHost>,
  call: (adapter: AbstractHttpAdapter) => void,
): void {
  host.init$?.subscribe(() => {
    const adapter: AbstractHttpAdapter | undefined = host.httpAdapter;
    if (adapter) call(adapter);
  });
}

/**
 * Lets forms through to the upload interceptors. Fastify rejects a body without a content type parser before any guard or
 * interceptor runs; the parser added here reads nothing. It is added once all plugins are loaded, so that an existing
 * parser, such as `@fastify/multipart`'s, takes precedence.
 */
export function letFormsThrough(adapter: AbstractHttpAdapter): void {
  if (adapter.getType() !== 'fastify') return;
  const fastify: FastifyLike = adapter.getInstance();
  const server = adapter.getHttpServer() as { readonly listening?: boolean } | undefined;
  // One that listens already, when a module is loaded lazily, takes no hooks any more.
  if (prepared.has(fastify) || server?.listening) return;
  prepared.add(fastify);
  fastify.addHook('onReady', async () => {
    if (fastify.hasContentTypeParser('multipart/form-data')) return;
    fastify.addContentTypeParser('multipart/form-data', (request, payload, done) => {
      payloads.set(request, payload);
      done(null);
    });
  });
  // For the existing parser. Last, so that it gets what the other hooks have made of the payload.
  fastify.addHook('onRoute', (route) => {
    route.preParsing = [route.preParsing ?? [], notePayload].flat();
  });
}

const notePayload: PreParsing = (request, _reply, payload, done) => {
  payloads.set(request, payload);
  done(null, payload);
};
