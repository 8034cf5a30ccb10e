import { type ImgwireImage, type ReceivedForm, type RequestImgwire, requestImgwire } from '@imgwire/core';
import type { Request } from 'express';

/** What the middleware puts on the request. */
export interface ImgwireRequest {
  /** The first image of the request; undefined if it had none. */
  image?: ImgwireImage;
  /** Every image of the request, in the order of the form; undefined on a route without the middleware. */
  images?: ImgwireImage[];
  /** What is known of the uploaded files besides their records; undefined on a route without the middleware. */
  imgwire?: RequestImgwire;
}

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

/** Puts an imported image on the request. */
export function attachImage(req: Request, image: ImgwireImage, discard: () => Promise<void>): void {
  req.image = image;
  req.images = [image];
  req.imgwire = { ...requestImgwire([]), discard };
}

/** Puts the received files on the request. */
export function attachFiles(req: Request, { files }: Pick<ReceivedForm, 'files'>): void {
  const images = files.map((file) => file.image);
  req.images = images;
  if (images[0]) req.image = images[0];
  req.imgwire = requestImgwire(files);
}
