import { type ImgwireImage, type ReceivedForm, type RequestImgwire, requestImgwire } from '@imgwire/core';
import type { Request } from 'express';

declare global {
  // Express's own extension point for middleware.
  namespace Express {
    interface Request {
      /** The first image of the request; undefined if it had none. */
      image?: ImgwireImage;
      /** Every image of the request, in the order of the form; undefined on a route without the middleware. */
      images?: ImgwireImage[];
      /** What is known of the uploaded files besides their records; undefined on a route without the middleware. */
      imgwire?: RequestImgwire;
    }
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
  req.images = files.map((file) => file.image);
  if (req.images[0]) req.image = req.images[0];
  req.imgwire = requestImgwire(files);
}
