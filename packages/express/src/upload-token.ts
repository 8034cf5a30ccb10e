import {
  CHECKS,
  type ImgwireInstanceOptions,
  parseOptions,
  responseSignal,
  tokenEndpoint,
  type UploadTokenRules,
} from '@imgwire/core/adapter';
import type { Request, RequestHandler } from 'express';
import { sendJson } from './send-json.ts';

/** An instance of Imgwire or the options to create one, and who gets a token. */
export interface ImgwireUploadTokenOptions extends ImgwireInstanceOptions, UploadTokenRules<Request> {}

/**
 * A handler that issues a browser a token for one upload: `{ uploadToken, expiresAt }`. Mount it with `app.all` or
 * `app.use`, so that it can respond with 405 itself; `app.post` works too.
 *
 * @example app.all('/api/imgwire/upload-token', imgwireUploadToken({ authorize: (req) => Boolean(req.user) }));
 * @throws TypeError without `authorize`, or for a wrong option, when the handler is created
 */
export function imgwireUploadToken(options: ImgwireUploadTokenOptions): RequestHandler {
  const { connect, rules } = parseOptions<UploadTokenRules<Request>>(
    'imgwireUploadToken()',
    options,
    CHECKS.token,
    'authorize',
  );
  const endpoint = tokenEndpoint<Request>({ ...rules, imgwire: connect() });
  return (req, res, next) => {
    endpoint(req, responseSignal(res))
      .then((response) => sendJson(res, response))
      .catch(next);
  };
}
