import type { ImgwireRequest } from '@imgwire/core/adapter';
import type {} from 'fastify';
import type { FastifyImgwire } from './plugin.ts';

/**
 * Names the properties of {@link ImgwireRequest} that your application declares on Fastify's request itself, with types of its
 * own. Those types stand; the upload hooks still set the property on their routes.
 *
 * @example declare module '@imgwire/fastify' { interface OwnRequestProperties { image: true } }
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it
export interface OwnRequestProperties {}

declare module 'fastify' {
  interface FastifyInstance {
    /** The upload hooks of this scope, and its instance of Imgwire. */
    imgwire: FastifyImgwire;
  }
  interface FastifyContextConfig {
    /** Whether forms to this route are left to an upload hook, which a function of yours calls. @default by its hooks */
    imgwire?: boolean;
    /** The same for bodies that are the image. @default by its hooks */
    imgwireBody?: boolean;
  }
  interface FastifyRequest extends Omit<ImgwireRequest, keyof OwnRequestProperties> {}
}
