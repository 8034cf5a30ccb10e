import { type ImgwireRequest, missingImage } from '@imgwire/core/adapter';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AnyRequest } from './request.ts';

/** A request that has an image. */
export type RequestWithImage<R = FastifyRequest> = R & Required<ImgwireRequest>;

/**
 * Makes a handler whose request has its image for certain, also for the compiler: Fastify's types cannot learn it from a hook. A
 * request without one fails as from the upload itself with `required: true`: `FILE_REQUIRED`, `NOT_MULTIPART` for what is no form,
 * `NOT_AN_IMAGE_BODY` behind `app.imgwire.body()`, or why its file was skipped. Without an upload hook in front of it every request is
 * a TypeError.
 *
 * @example app.post('/avatar', { preHandler: single('avatar', { required: true }) }, withImage(async (request) => request.image.id));
 */
export function withImage<
  R extends object = FastifyRequest,
  P = FastifyReply,
  I = FastifyInstance,
  Result = unknown,
>(
  handle: (this: I, request: RequestWithImage<R>, reply: P) => Result,
): (this: I, request: R, reply: P) => Result {
  return function (request, reply) {
    if (hasImage(request)) return handle.call(this, request, reply);
    const { imgwire, raw } = request as Partial<AnyRequest & ImgwireRequest>;
    throw imgwire ? missingImage(request, raw?.headers ?? {}) : new TypeError(NO_UPLOAD);
  };
}

const NO_UPLOAD =
  "withImage(): no upload has run on this request: write { preHandler: app.imgwire.single('avatar') } in front of it.";

const hasImage = <R extends object>(request: R & ImgwireRequest): request is RequestWithImage<R> =>
  request.images?.[0] !== undefined;
