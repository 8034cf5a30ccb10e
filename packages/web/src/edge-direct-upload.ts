import {
  assertSubject,
  directBodyBytes,
  directUploadEndpoint,
  EDGE_CHECKS,
  type EdgeDirectUploadRules,
  type EdgeInstanceOptions,
  parseEdgeOptions,
} from '@imgwire/core/edge';
import { jsonRoute } from './json-route.ts';
import { onFirstUse } from './on-first-use.ts';

/** An instance of Imgwire or the options to create one, and which files a browser may upload directly. */
export interface ImgwireEdgeDirectUploadOptions extends EdgeInstanceOptions, EdgeDirectUploadRules<Request> {}

/**
 * A route that lets a browser upload straight to Imgwire, by the rules of a form, where there is no Node: Cloudflare Workers, Deno,
 * the edge runtime of Next.js. `uploadDirect()` of `@imgwire/client` speaks to it. Give it every method, so that it can respond
 * with 405 itself, and to a preflight.
 *
 * No work outlives a request. A completion waits for the image for 8 seconds, then the response is 202, and the browser asks again. Two
 * completions at once may both call `onStored`: write it as an upsert by `image.id`. There is no `maxPending`: use `rateLimit`.
 *
 * Without `notes` an upload that its browser neither completes nor cancels is left at Imgwire. With `notes` a worker in Node sweeps it, as
 * `rollbackQueue().worker()` of `@imgwire/bullmq` does.
 *
 * @example export const POST = imgwireDirectUpload({ authorize: isSignedIn, subject: userOf, onStored: savePhoto });
 * @throws TypeError without `authorize` or `subject`, or for a wrong option, when it is created
 */
export function imgwireDirectUpload(
  options: ImgwireEdgeDirectUploadOptions,
): (request: Request) => Promise<Response> {
  const { imgwire, rules } = parseEdgeOptions<EdgeDirectUploadRules<Request>>(
    'imgwireDirectUpload()',
    options,
    EDGE_CHECKS.direct,
    'authorize',
  );
  assertSubject('imgwireDirectUpload()', rules);
  const endpoint = onFirstUse(() => directUploadEndpoint<Request>({ ...rules, imgwire }));
  return jsonRoute('The route of imgwireDirectUpload()', endpoint, directBodyBytes(rules));
}
