import { assertAllowed } from '../base/assert-allowed.ts';
import type { Check } from '../base/wrong-option.ts';
import type { Imgwire } from '../create-imgwire.ts';
import type { ImgwireImage } from '../image/image.ts';
import { checkMetadata } from '../rules/metadata.ts';
import { RULE_CHECKS, type UploadMetadata } from '../rules/rules.ts';
import { checkSourceUrl, SOURCE_URL_CHECKS, type SourceUrlRules } from './source-url.ts';

/** Which images may be imported by whom. */
export interface UploadViaUrlRules<Request> extends SourceUrlRules {
  /**
   * Called before the body is read: only `true` authorizes, anything else is 403 `FORBIDDEN`. An error passes through
   * unchanged.
   */
  readonly authorize?: ((req: Request) => boolean | Promise<boolean>) | undefined;
  /** Called before the import. */
  readonly metadata?:
    | ((req: Request, url: URL) => UploadMetadata | undefined | Promise<UploadMetadata | undefined>)
    | undefined;
}

const { authorize, metadata } = RULE_CHECKS;
/** The checks of {@link UploadViaUrlRules}. */
export const VIA_URL_CHECKS: Readonly<Record<keyof UploadViaUrlRules<unknown>, Check>> = {
  ...SOURCE_URL_CHECKS,
  authorize,
  metadata,
};

/** What an adapter knows of the exchange around an import. */
export interface ImportExchange {
  /** Reads the body, parsed from JSON. */
  body(): unknown;
  /** Aborts when the client disconnects, or a response is sent. */
  readonly signal: AbortSignal;
  /** Whether a response has just been sent, before the signal aborts. @default never */
  answered?(): boolean;
}

/** An imported image. */
export interface ImportedImage {
  readonly image: ImgwireImage;
  /** Deletes it. Never rejects. */
  discard(): Promise<void>;
}

/**
 * Lets Imgwire fetch the image at the `url` of a body, for every adapter.
 *
 * @throws ImgwireUploadError `FORBIDDEN`, `URL_*`, `INVALID_METADATA`, or what `uploadViaUrl` rejects with; the errors of
 *   `authorize` and `metadata` unchanged
 */
export async function importViaUrl<Request>(
  imgwire: Pick<Imgwire, 'uploadViaUrl' | 'discard'>,
  { authorize, metadata, ...source }: UploadViaUrlRules<Request>,
  req: Request,
  { body, signal, answered = () => false }: ImportExchange,
): Promise<ImportedImage> {
  if (authorize) assertAllowed(await authorize(req));
  const { url } = Object(await body()) as { url?: unknown };
  const checked = checkSourceUrl(url, source);
  const labels = checkMetadata(await metadata?.(req, checked));
  const image = await imgwire.uploadViaUrl({ ...labels, url: checked, signal });
  const discard = (): Promise<void> => imgwire.discard(image.id);
  if (answered() && labels.idempotencyKey === undefined) await discard();
  return { image, discard };
}
