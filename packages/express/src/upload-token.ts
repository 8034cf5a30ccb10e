import {
  assertTokenSubject,
  CHECKS,
  type ImgwireInstanceOptions,
  parseOptions,
  responseSignal,
  tokenEndpoint,
  type UploadTokenRules,
} from '@imgwire/core/adapter';
import type { Request, RequestHandler } from 'express';
import { jsonReader } from './json-body.ts';
import { sendJson } from './send-json.ts';

/** Of ten completed uploads. */
const MAX_BYTES = 16 * 1024;

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
  assertTokenSubject('imgwireUploadToken()', rules);
  const endpoint = tokenEndpoint<Request>({ ...rules, imgwire: connect() });
  const bodyOf = jsonReader({ maxBytes: MAX_BYTES, invalid: 'INVALID_REQUEST' });
  return (req, res, next) => {
    endpoint(req, { signal: responseSignal(res), body: () => bodyOf(req, res) })
      .then((response) => sendJson(res, response))
      .catch(next);
  };
}
