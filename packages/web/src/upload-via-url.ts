import {
  assertAllowed,
  type Check,
  type ConnectionOptions,
  checkMetadata,
  checkSourceUrl,
  type ImgwireImage,
  partOptions,
  RULE_CHECKS,
  SOURCE_URL_CHECKS,
  type SourceUrlRules,
  type UploadMetadata,
} from '@imgwire/core';
import { clientSignal } from './client-signal.ts';
import { type ImgwireForm, toForm } from './form.ts';
import { handlerOf, type ImgwireHandler } from './handler.ts';
import { jsonBody } from './json-body.ts';
import { onFirstUse } from './on-first-use.ts';

/** A connection to Imgwire or the options to create one, and which images may be imported by whom. */
export interface ImgwireUploadViaUrlOptions extends ConnectionOptions, SourceUrlRules {
  /**
   * Called before the body is read: only `true` authorizes, anything else is 403 `FORBIDDEN`. An error passes through
   * unchanged.
   */
  readonly authorize?: ((request: Request) => boolean | Promise<boolean>) | undefined;
  /** Called before the import. */
  readonly metadata?:
    | ((request: Request, url: URL) => UploadMetadata | undefined | Promise<UploadMetadata | undefined>)
    | undefined;
}

/** An import: as a form with one image. */
export interface ImgwireImport extends ImgwireForm {
  /** The imported image. */
  readonly image: ImgwireImage;
}

/** A route that responds with the record of the imported image, and the two ways to respond with something else. */
export interface ImgwireUploadViaUrl {
  (request: Request): Promise<Response>;
  /**
   * Imports the image of a request.
   *
   * @throws ImgwireUploadError any code; the errors of `authorize` and `metadata` unchanged
   */
  receive(request: Request): Promise<ImgwireImport>;
  /** Makes a route of a handler, see {@link ImgwireHandler}. */
  readonly handler: ImgwireHandler<ImgwireImport>;
}

type ImportRules = Omit<ImgwireUploadViaUrlOptions, keyof ConnectionOptions>;

const { authorize, metadata } = RULE_CHECKS;
const CHECKS: Readonly<Record<keyof ImportRules, Check>> = { ...SOURCE_URL_CHECKS, authorize, metadata };

/**
 * A route that takes `{ url }` as JSON, and lets Imgwire fetch the image. Strict by default: only https, and only from
 * `allowedHosts`.
 *
 * If the client disconnects, the wait for Imgwire ends and the image is deleted, unless `metadata` gave it an `idempotencyKey`:
 * then the next import with this key returns it.
 *
 * @example export const POST = imgwireUploadViaUrl({ allowedHosts: ['images.example.com'] });
 * @throws TypeError for a wrong option, when it is created
 */
export function imgwireUploadViaUrl(options: ImgwireUploadViaUrlOptions): ImgwireUploadViaUrl {
  const { allowedHosts = [] as readonly string[] } = options;
  const { connect, rules } = partOptions<ImportRules>(
    'imgwireUploadViaUrl()',
    { ...options, allowedHosts },
    CHECKS,
  );
  const { authorize, metadata, ...source } = rules;
  const connection = onFirstUse(connect);
  const receive = async (request: Request): Promise<ImgwireImport> => {
    const imgwire = connection();
    const signal = clientSignal(request);
    if (authorize) assertAllowed(await authorize(request));
    const { url } = Object(await jsonBody(request)) as { url?: unknown };
    const checked = checkSourceUrl(url, source);
    const labels = checkMetadata(await metadata?.(request, checked));
    const image = await imgwire.uploadViaUrl({ ...labels, url: checked, signal });
    const discard = (): Promise<void> => imgwire.discard(image.id);
    return { ...toForm({ files: [], fields: {} }), image, images: [image], discard };
  };
  const handler = handlerOf(receive);
  return Object.assign(
    handler(({ image }) => Response.json(image)),
    { receive, handler },
  );
}
