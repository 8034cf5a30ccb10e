import { ImgwireUploadError } from '@imgwire/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ImgwireRequest } from './request.ts';

/** A request that has an image. */
export type RequestWithImage<R = FastifyRequest> = R & Required<ImgwireRequest>;

/**
 * Makes a handler whose request has its image for certain, also for the compiler: Fastify's types cannot learn it from a hook. A
 * request without one is `FILE_REQUIRED`, as from the upload itself with `required: true`.
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
    throw new ImgwireUploadError('FILE_REQUIRED');
  };
}

const hasImage = <R extends object>(request: R & ImgwireRequest): request is RequestWithImage<R> =>
  request.images?.[0] !== undefined;
