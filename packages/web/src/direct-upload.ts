import {
  assertSubject,
  CHECKS,
  type DirectUploadRules,
  directBodyBytes,
  directUploadEndpoint,
  type ImgwireInstanceOptions,
  parseOptions,
} from '@imgwire/core/adapter';
import { jsonRoute } from './json-route.ts';
import { onFirstUse } from './on-first-use.ts';

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
  assertSubject('imgwireDirectUpload()', rules);
  const endpoint = onFirstUse(() => directUploadEndpoint<Request>({ ...rules, imgwire: connect() }));
  return jsonRoute('The route of imgwireDirectUpload()', endpoint, directBodyBytes(rules));
}
