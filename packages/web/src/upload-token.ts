import {
  CHECKS,
  type ImgwireInstanceOptions,
  parseOptions,
  tokenEndpoint,
  type UploadTokenRules,
} from '@imgwire/core/adapter';
import { assertRequest } from './assert-request.ts';
import { clientSignal } from './client-signal.ts';
import { jsonBody } from './json-body.ts';
import { onFirstUse } from './on-first-use.ts';
import { toResponse } from './to-response.ts';

/** Of ten completed uploads. */
const MAX_BYTES = 16 * 1024;

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
  const endpoint = onFirstUse(() => tokenEndpoint<Request>({ ...rules, imgwire: connect() }));
  return async (request) => {
    assertRequest('The route of imgwireUploadToken()', request);
    const exchange = { signal: clientSignal(request), body: () => jsonBody(request, MAX_BYTES) };
    return toResponse(await endpoint()(request, exchange));
  };
}
