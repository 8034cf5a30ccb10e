import { type ImgwireRequest, missingImage } from '@imgwire/core/adapter';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** Express's own types of what comes with a request; of a body that is any value. */
type Params = Request['params'];
type AnyBody = Request['body'];

/** A request that has an image. */
export type RequestWithImage<Body = AnyBody> = Request<Params, AnyBody, Body> & Required<ImgwireRequest>;

/**
 * Makes a handler whose request has its image for certain, also for the compiler: Express's types cannot learn it from the
 * middleware in front. A request without one fails as from the upload itself with `required: true`: `FILE_REQUIRED`, `NOT_MULTIPART`
 * for what is no form, `NOT_AN_IMAGE_BODY` behind `upload.body()`, or why its file was skipped. Without an upload in front of it every
 * request is a TypeError.
 *
 * @example app.post('/avatar', upload.single('avatar', { required: true }), withImage((req, res) => res.json(req.image.id)));
 */
export function withImage<Body = AnyBody>(
  handle: (req: RequestWithImage<Body>, res: Response, next: NextFunction) => unknown,
): RequestHandler<Params, AnyBody, Body> {
  return (req, res, next) => {
    if (hasImage(req)) return handle(req, res, next);
    next(req.imgwire ? missingImage(req, req.headers) : new TypeError(NO_UPLOAD));
    return undefined;
  };
}

const NO_UPLOAD =
  "withImage(): no upload has run on this request: write app.post(path, upload.single('avatar'), withImage(…)).";

const hasImage = <Body>(req: Request<Params, AnyBody, Body>): req is RequestWithImage<Body> =>
  req.images?.[0] !== undefined;
