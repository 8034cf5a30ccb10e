import {
  assertTokenSubject,
  EDGE_CHECKS,
  type EdgeInstanceOptions,
  parseEdgeOptions,
  tokenEndpoint,
  type UploadTokenRules,
} from '@imgwire/core/edge';
import { jsonRoute, TOKEN_BODY_BYTES } from './json-route.ts';
import { onFirstUse } from './on-first-use.ts';

/** An instance of Imgwire or the options to create one, and who gets a token. */
export interface ImgwireEdgeUploadTokenOptions extends EdgeInstanceOptions, UploadTokenRules<Request> {}

/**
 * A route that issues a browser a token for one upload, where there is no Node: `{ uploadToken, expiresAt }`. With `subject` it
 * also issues a ticket, and completes the upload. Give it every method, so that it can respond with 405 itself, and to a preflight.
 *
 * @example export const POST = imgwireUploadToken({ authorize: isSignedIn });
 * @throws TypeError without `authorize`, or for a wrong option, when it is created
 */
export function imgwireUploadToken(
  options: ImgwireEdgeUploadTokenOptions,
): (request: Request) => Promise<Response> {
  const { imgwire, rules } = parseEdgeOptions<UploadTokenRules<Request>>(
    'imgwireUploadToken()',
    options,
    EDGE_CHECKS.token,
    'authorize',
  );
  assertTokenSubject('imgwireUploadToken()', rules);
  const endpoint = onFirstUse(() => tokenEndpoint<Request>({ ...rules, imgwire }));
  return jsonRoute('The route of imgwireUploadToken()', endpoint, TOKEN_BODY_BYTES);
}
