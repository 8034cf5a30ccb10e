import {
  assertSubject,
  CHECKS,
  type DirectUploadRules,
  directBodyBytes,
  directUploadEndpoint,
  type ImgwireInstanceOptions,
  parseOptions,
  responseSignal,
} from '@imgwire/core/adapter';
import type { Request, RequestHandler } from 'express';
import { jsonReader } from './json-body.ts';
import { sendJson } from './send-json.ts';

/** An instance of Imgwire or the options to create one, and which files a browser may upload directly. */
export interface ImgwireDirectUploadOptions extends ImgwireInstanceOptions, DirectUploadRules<Request> {}

/**
 * A handler that lets a browser upload straight to Imgwire, by the rules of a form: it decides before anything exists, judges what
 * the service has measured, and calls `onStored`. `uploadDirect()` of `@imgwire/client` speaks to it. Mount it with `app.all`, so that
 * it can respond with 405 itself.
 *
 * @example
 * app.all('/photos', imgwireDirectUpload({ authorize: isSignedIn, subject: (req) => req.user.id, onStored: savePhoto }));
 * @throws TypeError without `authorize` or `subject`, or for a wrong option, when the handler is created
 */
export function imgwireDirectUpload(options: ImgwireDirectUploadOptions): RequestHandler {
  const { connect, rules } = parseOptions<DirectUploadRules<Request>>(
    'imgwireDirectUpload()',
    options,
    CHECKS.direct,
    'authorize',
  );
  assertSubject('imgwireDirectUpload()', rules);
  const endpoint = directUploadEndpoint<Request>({ ...rules, imgwire: connect() });
  const bodyOf = jsonReader({ maxBytes: directBodyBytes(rules), invalid: 'INVALID_REQUEST' });
  return (req, res, next) => {
    endpoint(req, { signal: responseSignal(res), body: () => bodyOf(req, res) })
      .then((response) => sendJson(res, response))
      .catch(next);
  };
}
