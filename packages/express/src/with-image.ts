import { ImgwireUploadError } from '@imgwire/core';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { ImgwireRequest } from './request.ts';

/** A request that has an image. */
export type RequestWithImage = Request & Required<ImgwireRequest>;

/**
 * Makes a handler whose request has its image for certain, also for the compiler: Express's types cannot learn it from the
 * middleware in front. A request without one is `FILE_REQUIRED`, as from the upload itself with `required: true`.
 *
 * @example app.post('/avatar', upload.single('avatar', { required: true }), withImage((req, res) => res.json(req.image.id)));
 */
export function withImage(
  handle: (req: RequestWithImage, res: Response, next: NextFunction) => unknown,
): RequestHandler {
  return (req, res, next) => {
    if (hasImage(req)) return handle(req, res, next);
    next(new ImgwireUploadError('FILE_REQUIRED'));
    return undefined;
  };
}

const hasImage = (req: Request): req is RequestWithImage => req.images?.[0] !== undefined;
