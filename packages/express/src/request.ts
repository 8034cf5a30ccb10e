import type { ImgwireRequest } from '@imgwire/core/adapter';

/**
 * Names the properties of {@link ImgwireRequest} that your application declares on Express's request itself, with types of its
 * own. Those types stand; the middleware still sets the property on its routes.
 *
 * @example declare module '@imgwire/express' { interface OwnRequestProperties { image: true } }
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it
export interface OwnRequestProperties {}

declare global {
  // Express's own extension point for middleware.
  namespace Express {
    interface Request extends Omit<ImgwireRequest, keyof OwnRequestProperties> {}
  }
}

export type { ImgwireRequest };
