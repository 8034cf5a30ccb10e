import {
  assertTokenSubject,
  CHECKS,
  type ImgwireInstanceOptions,
  parseOptions,
  tokenEndpoint,
  type UploadTokenRules,
} from '@imgwire/core/adapter';
import { jsonRoute, TOKEN_BODY_BYTES } from './json-route.ts';
import { onFirstUse } from './on-first-use.ts';

/** An instance of Imgwire or the options to create one, and who gets a token. */
export interface ImgwireUploadTokenOptions extends ImgwireInstanceOptions, UploadTokenRules<Request> {}

/**
 * A route that issues a browser a token for one upload: `{ uploadToken, expiresAt }`. Give it every method, so that it can
 * respond with 405 itself, and to a preflight.
 *
 * @example app.all('/api/imgwire/upload-token', (c) => uploadToken(c.req.raw));
 * @throws TypeError without `authorize`, or for a wrong option, when it is created
 */
export function imgwireUploadToken(
  options: ImgwireUploadTokenOptions,
): (request: Request) => Promise<Response> {
  const { connect, rules } = parseOptions<UploadTokenRules<Request>>(
    'imgwireUploadToken()',
    options,
    CHECKS.token,
    'authorize',
  );
  assertTokenSubject('imgwireUploadToken()', rules);
  const endpoint = onFirstUse(() => tokenEndpoint<Request>({ ...rules, imgwire: connect() }));
  return jsonRoute('The route of imgwireUploadToken()', endpoint, TOKEN_BODY_BYTES);
}
