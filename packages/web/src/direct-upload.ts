import {
  CHECKS,
  type DirectUploadRules,
  directBodyBytes,
  directUploadEndpoint,
  type ImgwireInstanceOptions,
  parseOptions,
} from '@imgwire/core/adapter';
import { assertRequest } from './assert-request.ts';
import { clientSignal } from './client-signal.ts';
import { jsonBody } from './json-body.ts';
import { onFirstUse } from './on-first-use.ts';
import { toResponse } from './to-response.ts';

/** An instance of Imgwire or the options to create one, and which files a browser may upload directly. */
export interface ImgwireDirectUploadOptions extends ImgwireInstanceOptions, DirectUploadRules<Request> {}

/**
 * A route that lets a browser upload straight to Imgwire, by the rules of a form: it decides before anything exists, judges what the
 * service has measured, and calls `onStored`. `uploadDirect()` of `@imgwire/client` speaks to it. Give it every method, so that it
 * can respond with 405 itself, and to a preflight.
 *
 * @example export const POST = imgwireDirectUpload({ authorize: isSignedIn, subject: userOf, onStored: savePhoto });
 * @throws TypeError without `authorize` or `subject`, or for a wrong option, when it is created
 */
export function imgwireDirectUpload(
  options: ImgwireDirectUploadOptions,
): (request: Request) => Promise<Response> {
  const { connect, rules } = parseOptions<DirectUploadRules<Request>>(
    'imgwireDirectUpload()',
    options,
    CHECKS.direct,
    'authorize',
  );
  const endpoint = onFirstUse(() => directUploadEndpoint<Request>({ ...rules, imgwire: connect() }));
  const maxBytes = directBodyBytes(rules);
  return async (request) => {
    assertRequest('The route of imgwireDirectUpload()', request);
    const exchange = { signal: clientSignal(request), body: () => jsonBody(request, maxBytes) };
    return toResponse(await endpoint()(request, exchange));
  };
}
