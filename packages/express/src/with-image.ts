import { ImgwireError } from '@imgwire/core';
import { type ImgwireRequest, isForm } from '@imgwire/core/adapter';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** A request that has an image. */
export type RequestWithImage = Request & Required<ImgwireRequest>;

/**
 * Makes a handler whose request has its image for certain, also for the compiler: Express's types cannot learn it from the
 * middleware in front. A request without one is `FILE_REQUIRED`, or `NOT_MULTIPART` if it is no form, as from the upload itself with
 * `required: true`. Without an upload in front of it every request is a TypeError.
 *
 * @example app.post('/avatar', upload.single('avatar', { required: true }), withImage((req, res) => res.json(req.image.id)));
 */
export function withImage(
  handle: (req: RequestWithImage, res: Response, next: NextFunction) => unknown,
): RequestHandler {
  return (req, res, next) => {
    if (hasImage(req)) return handle(req, res, next);
    next(
      req.imgwire
        ? new ImgwireError(isForm(req.headers) ? 'FILE_REQUIRED' : 'NOT_MULTIPART')
        : new TypeError(NO_UPLOAD),
    );
    return undefined;
  };
}

const NO_UPLOAD =
  "withImage(): no upload has run on this request: write app.post(path, upload.single('avatar'), withImage(…)).";

const hasImage = (req: Request): req is RequestWithImage => req.images?.[0] !== undefined;
