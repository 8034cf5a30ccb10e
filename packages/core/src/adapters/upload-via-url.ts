import type { ImgwireImage } from '../image/image.ts';
import type { Imgwire } from '../imgwire.ts';
import type { ImageTypeLike } from '../inspect/inspect.ts';
import { failedOver, inRequest } from '../logger.ts';
import { imageType, misplaced } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertAllowed } from '../rules/authorize.ts';
import { RULE_CHECKS } from '../rules/check-rules.ts';
import { checkMetadata, METADATA_CHECKS } from '../rules/metadata.ts';
import type { UploadMetadata } from '../rules/rules.ts';
import { parseSourceUrl, SOURCE_URL_CHECKS, type SourceUrlRules } from './source-url.ts';

/** The labels of an import at Imgwire, and its type. */
export interface UploadViaUrlMetadata extends UploadMetadata {
  /** The type, whatever the image's server says; `image/jpg` and other aliases are accepted. @default as its server says */
  readonly mimeType?: ImageTypeLike | undefined;
}

/** Which images may be imported by whom. */
export interface UploadViaUrlRules<Request> extends SourceUrlRules {
  /**
   * Called before the body is read: only `true` authorizes, anything else is 403 `FORBIDDEN`. An error passes through
   * unchanged.
   */
  readonly authorize?: ((req: Request) => boolean | Promise<boolean>) | undefined;
  /** Called before the upload. A value that the service would reject is `INVALID_METADATA`. */
  readonly metadata?:
    | ((
        req: Request,
        url: URL,
      ) => UploadViaUrlMetadata | undefined | Promise<UploadViaUrlMetadata | undefined>)
    | undefined;
}

const { authorize, metadata } = RULE_CHECKS;
/** The checks of {@link UploadViaUrlRules}. */
export const VIA_URL_CHECKS: Readonly<Record<keyof UploadViaUrlRules<unknown> | 'form' | 'mimeType', Check>> =
  {
    ...SOURCE_URL_CHECKS,
    authorize,
    metadata,
    form: misplaced('it belongs to imgwireUpload(): an upload via URL has no text fields'),
    // As `uploadViaUrl()` takes it.
    mimeType: misplaced("return it from `metadata`: write metadata: () => ({ mimeType: 'image/png' })"),
  };
const VIA_URL_METADATA_CHECKS = { ...METADATA_CHECKS, mimeType: imageType };

/** What an adapter knows of the exchange around an upload via URL. */
export interface ViaUrlExchange {
  /** Reads the body, parsed from JSON. */
  body(): unknown;
  /** Aborts when the client disconnects, or a response is sent. */
  readonly signal: AbortSignal;
  /** Whether a response has just been sent, before the signal aborts. @default never */
  hasResponded?(): boolean;
}

/** An image that was uploaded via its URL. */
export interface ViaUrlResult {
  readonly image: ImgwireImage;
  /** Deletes it. Never rejects. */
  discard(): Promise<void>;
}

/**
 * Lets Imgwire fetch the image at the `url` of a body, for every adapter.
 *
 * @throws ImgwireError `FORBIDDEN`, `URL_*`, `INVALID_METADATA`, or what `uploadViaUrl` rejects with; the errors of
 *   `authorize` and `metadata` unchanged
 */
export async function viaUrlEndpoint<Request extends object>(
  imgwire: Pick<Imgwire, 'uploadViaUrl' | 'discard' | 'logger'>,
  { authorize, metadata, ...source }: UploadViaUrlRules<Request>,
  req: Request,
  { body, signal, hasResponded = () => false }: ViaUrlExchange,
): Promise<ViaUrlResult> {
  if (authorize) assertAllowed(await authorize(req));
  const { url } = Object(await body()) as { url?: unknown };
  const checked = parseSourceUrl(url, source);
  const labels = checkMetadata(await metadata?.(req, checked), VIA_URL_METADATA_CHECKS);
  const image = await imgwire.uploadViaUrl({ ...labels, url: checked, signal }).catch((error: unknown) => {
    failedOver(error, inRequest(imgwire.logger, req));
    throw error;
  });
  const discard = (): Promise<void> => imgwire.discard(image.id);
  if (hasResponded() && labels.idempotencyKey === undefined) await discard();
  return { image, discard };
}
