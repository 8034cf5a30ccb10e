import {
  closeSignal,
  type ImgwireInstanceOptions,
  splitOptions,
  TOKEN_CHECKS,
  tokenEndpoint,
  type UploadTokenRules,
} from '@imgwire/core';
import type { Request, RequestHandler } from 'express';
import { sendAnswer } from './send-answer.ts';

/** A connection to Imgwire or the options to create one, and who gets a token. */
export interface ImgwireUploadTokenOptions extends ImgwireInstanceOptions, UploadTokenRules<Request> {}

/**
 * A handler that issues a browser a token for one upload: `{ uploadToken, expiresAt }`. Mount it with `app.all` or
 * `app.use`, so that it can respond with 405 itself; `app.post` works too.
 *
 * @example app.all('/api/imgwire/upload-token', imgwireUploadToken({ authorize: (req) => Boolean(req.user) }));
 * @throws TypeError without `authorize`, or for a wrong option, when the handler is created
 */
export function imgwireUploadToken(options: ImgwireUploadTokenOptions): RequestHandler {
  const { imgwire, rules } = splitOptions<UploadTokenRules<Request>>(
    'imgwireUploadToken()',
    options,
    TOKEN_CHECKS,
    'authorize',
  );
  const endpoint = tokenEndpoint<Request>({ ...rules, imgwire });
  return (req, res, next) => {
    endpoint(req, closeSignal(res))
      .then((answer) => sendAnswer(res, answer))
      .catch(next);
  };
}
