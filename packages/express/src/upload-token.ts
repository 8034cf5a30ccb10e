import {
  type Imgwire,
  type ImgwireOptions,
  splitOptions,
  type UploadTokenRules,
  uploadTokenEndpoint,
} from '@imgwire/core';
import type { Request, RequestHandler } from 'express';
import { sendAnswer } from './send-answer.ts';

/** A connection to Imgwire or the options to make one, and who may have a token. */
export interface ImgwireUploadTokenOptions extends ImgwireOptions, UploadTokenRules<Request> {
  /** A connection made once with `createImgwire()`, instead of connection options. */
  readonly imgwire?: Imgwire;
}

/**
 * A handler that gives a browser a token for one upload: `{ uploadToken, expiresAt }`. Mount it with `app.all` or
 * `app.use`, so that it can answer 405 itself; `app.post` does as well.
 *
 * @example app.all('/api/imgwire/upload-token', imgwireUploadToken({ authorize: (req) => Boolean(req.user) }));
 * @throws TypeError without `authorize`, or for a wrong option, when the handler is made
 */
export function imgwireUploadToken(options: ImgwireUploadTokenOptions): RequestHandler {
  const { authorize, authorizeTimeoutMs, allowedOrigins, rateLimit, onIssued, ...connection } = options;
  const rules = {
    authorize,
    authorizeTimeoutMs,
    allowedOrigins,
    rateLimit,
    onIssued,
  } as UploadTokenRules<Request>;
  const { imgwire } = splitOptions('imgwireUploadToken()', connection);
  const endpoint = uploadTokenEndpoint<Request>({ ...rules, imgwire });
  return (req, res, next) => {
    endpoint(req).then((answer) => sendAnswer(res, answer), next);
  };
}
