import type { ImgwireImage } from '@imgwire/core';
import {
  CHECKS,
  type ImgwireInstanceOptions,
  parseOptions,
  type UploadViaUrlRules,
  viaUrlEndpoint,
  watchAwait,
} from '@imgwire/core/adapter';
import { assertRequest } from './assert-request.ts';
import { clientSignal } from './client-signal.ts';
import { type ImgwireForm, toForm } from './form.ts';
import { handlerOf, type ImgwireHandler } from './handler.ts';
import { jsonBody } from './json-body.ts';
import { onFirstUse } from './on-first-use.ts';

/** No body with a URL comes near this. */
const MAX_BYTES = 16 * 1024;

/** An instance of Imgwire or the options to create one, and who may have Imgwire fetch which images. */
export interface ImgwireUploadViaUrlOptions extends ImgwireInstanceOptions, UploadViaUrlRules<Request> {}

/** An upload via URL: as a form with one image. */
export interface ImgwireViaUrl extends ImgwireForm {
  /** The image that Imgwire has fetched. */
  readonly image: ImgwireImage;
}

/** A route that responds with the record of the image, and the two ways to respond with something else. */
export interface ImgwireUploadViaUrl {
  (request: Request): Promise<Response>;
  /**
   * Has Imgwire fetch the image of a request.
   *
   * @throws ImgwireError any code; the errors of `authorize` and `metadata` unchanged
   */
  receive(request: Request): Promise<ImgwireViaUrl>;
  /** Makes a route of a handler, see {@link ImgwireHandler}. */
  readonly handler: ImgwireHandler<ImgwireViaUrl>;
}

/**
 * A route that takes `{ url }` as JSON, and lets Imgwire fetch the image. Strict by default: only https, and only from
 * `allowedHosts`.
 *
 * If the client disconnects, the wait for Imgwire ends and the image is deleted, unless `metadata` gave it an `idempotencyKey`:
 * then the next upload with this key returns it.
 *
 * @example export const POST = imgwireUploadViaUrl({ allowedHosts: ['images.example.com'] });
 * @throws TypeError for a wrong option, when it is created
 */
export function imgwireUploadViaUrl(options: ImgwireUploadViaUrlOptions): ImgwireUploadViaUrl {
  const { connect, rules } = parseOptions<UploadViaUrlRules<Request>>(
    'imgwireUploadViaUrl()',
    options,
    CHECKS.viaUrl,
    'allowedHosts',
  );
  const instance = onFirstUse(connect);
  const run = async (request: Request): Promise<ImgwireViaUrl> => {
    assertRequest('receive()', request);
    const { image, discard } = await viaUrlEndpoint(instance(), rules, request, {
      signal: clientSignal(request),
      body: () => jsonBody(request, MAX_BYTES),
    });
    return { ...toForm({ files: [], fields: {}, rejected: [] }), image, images: [image], discard };
  };
  const watch = watchAwait('receive()');
  const receive = (request: Request): Promise<ImgwireViaUrl> => watch(run(request));
  const handler = handlerOf(receive);
  return Object.assign(
    handler(({ image }) => Response.json(image)),
    { receive, handler },
  );
}
