import type { ImgwireImage, RequestImgwire } from '@imgwire/core';
import type {} from 'fastify';
import type { FastifyImgwire } from './plugin.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The upload hooks of this scope, and its connection to Imgwire. */
    imgwire: FastifyImgwire;
  }
  interface FastifyRequest {
    /** The first image of the request; undefined if it had none. */
    image?: ImgwireImage;
    /** Every image of the request, in the order of the form; undefined on a route without an upload hook. */
    images?: ImgwireImage[];
    /** What is known of the uploaded files besides their records; undefined on a route without an upload hook. */
    imgwire?: RequestImgwire;
  }
}
