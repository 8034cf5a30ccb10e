import {
  attach,
  CHECKS,
  type ImgwireInstanceOptions,
  parseOptions,
  responseSignal,
  type UploadViaUrlRules,
  viaUrlEndpoint,
} from '@imgwire/core/adapter';
import type { Request, RequestHandler, Response } from 'express';
import { callNext } from './call-next.ts';
import { jsonReader } from './json-body.ts';

/** No body with a URL comes near this. */
const MAX_BYTES = 16 * 1024;

/** An instance of Imgwire or the options to create one, and who may have Imgwire fetch which images. */
export interface ImgwireUploadViaUrlOptions extends ImgwireInstanceOptions, UploadViaUrlRules<Request> {}

/**
 * Middleware that takes `{ url }` as JSON, lets Imgwire fetch the image, and puts it on the request like an upload:
 * `req.image`, `req.images`. Strict by default: only https, and only from `allowedHosts`.
 *
 * If a response is sent meanwhile or the client disconnects, the wait for Imgwire ends and the image is deleted, unless
 * `metadata` gave it an `idempotencyKey`: then the next upload with this key returns it.
 *
 * @example app.post('/import', imgwireUploadViaUrl({ allowedHosts: ['images.example.com'] }), handler);
 * @throws TypeError for a wrong option, when the middleware is created
 */
export function imgwireUploadViaUrl(options: ImgwireUploadViaUrlOptions): RequestHandler {
  const { connect, rules } = parseOptions<UploadViaUrlRules<Request>>(
    'imgwireUploadViaUrl()',
    options,
    CHECKS.viaUrl,
    'allowedHosts',
  );
  const imgwire = connect();
  const bodyOf = jsonReader({ maxBytes: MAX_BYTES, invalid: 'URL_INVALID' });
  const run = async (req: Request, res: Response): Promise<void> => {
    const stored = await viaUrlEndpoint(imgwire, rules, req, {
      signal: responseSignal(res),
      body: () => bodyOf(req, res),
      hasResponded: () => res.writableEnded,
    });
    attach(req, stored);
  };
  return (req, res, next) => callNext(run(req, res), res, next);
}
