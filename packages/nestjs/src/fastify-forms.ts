import type { Readable } from 'node:stream';
import type { UploadKind } from '@imgwire/core/adapter';
import type { AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';

type Done = (error: null, payload?: Readable) => void;
type PreParsing = (request: object, reply: unknown, payload: Readable, done: Done) => void;

/** The part of a Fastify instance that is used here. */
interface FastifyLike {
  addHook(name: 'onReady', hook: () => Promise<void>): unknown;
  addHook(name: 'onRoute', hook: (route: { preParsing?: unknown }) => void): unknown;
  hasContentTypeParser(type: string | RegExp): boolean;
  addContentTypeParser(
    type: string | RegExp,
    parser: (request: object, payload: Readable, done: Done) => void,
  ): unknown;
}

const payloads = new WeakMap<object, Readable>();
const prepared = { form: new WeakSet<object>(), body: new WeakSet<object>() };
const FORM = 'multipart/form-data';
/** To Fastify a body without a type is of the type `/`. A form in place of an image is the interceptor's to reject. */
const TYPES = { form: [FORM], body: [/^(image\/|\/?$)/, 'application/octet-stream', FORM] };

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
 * Lets forms, or bodies that are an image, through to the upload interceptors. Fastify rejects a body without a content type parser
 * before any guard or interceptor runs; the parsers added here read nothing. They are added once all plugins are loaded, so that an
 * existing parser, such as `@fastify/multipart`'s, takes precedence.
 */
export function letThrough(adapter: AbstractHttpAdapter, kind: UploadKind): void {
  if (adapter.getType() !== 'fastify') return;
  const fastify: FastifyLike = adapter.getInstance();
  const server = adapter.getHttpServer() as { readonly listening?: boolean } | undefined;
  // One that listens already, when a module is loaded lazily, takes no hooks any more.
  if (prepared[kind].has(fastify) || server?.listening) return;
  prepared[kind].add(fastify);
  fastify.addHook('onReady', async () => {
    for (const type of TYPES[kind]) {
      if (fastify.hasContentTypeParser(type)) continue;
      fastify.addContentTypeParser(type, (request, payload, done) => {
        payloads.set(request, payload);
        done(null);
      });
    }
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
