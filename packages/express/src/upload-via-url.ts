import {
  closeSignal,
  type ImgwireInstanceOptions,
  splitOptions,
  type UploadViaUrlRules,
  VIA_URL_CHECKS,
  viaUrlEndpoint,
} from '@imgwire/core';
import type { Request, RequestHandler, Response } from 'express';
import { handOn } from './hand-on.ts';
import { jsonReader } from './json-body.ts';
import { attachImage } from './request.ts';

/** A connection to Imgwire or the options to create one, and which images may be imported by whom. */
export interface ImgwireUploadViaUrlOptions extends ImgwireInstanceOptions, UploadViaUrlRules<Request> {}

/**
 * Middleware that takes `{ url }` as JSON, lets Imgwire fetch the image, and puts it on the request like an upload:
 * `req.image`, `req.images`. Strict by default: only https, and only from `allowedHosts`.
 *
 * If a response is sent meanwhile or the client disconnects, the wait for Imgwire ends and the image is deleted, unless
 * `metadata` gave it an `idempotencyKey`: then the next import with this key returns it.
 *
 * @example app.post('/import', imgwireUploadViaUrl({ allowedHosts: ['images.example.com'] }), handler);
 * @throws TypeError for a wrong option, when the middleware is created
 */
export function imgwireUploadViaUrl(options: ImgwireUploadViaUrlOptions): RequestHandler {
  const { imgwire, rules } = splitOptions<UploadViaUrlRules<Request>>(
    'imgwireUploadViaUrl()',
    options,
    VIA_URL_CHECKS,
    'allowedHosts',
  );
  const bodyOf = jsonReader();
  const run = async (req: Request, res: Response): Promise<void> => {
    const { image, discard } = await viaUrlEndpoint(imgwire, rules, req, {
      signal: closeSignal(res),
      body: () => bodyOf(req, res),
      answered: () => res.writableEnded,
    });
    attachImage(req, image, discard);
  };
  return (req, res, next) => handOn(run(req, res), res, next);
}
