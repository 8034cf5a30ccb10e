import type { ImgwireImage, UploadMetadata } from '@imgwire/core';

/** What any item may say. */
export interface ItemRules extends UploadMetadata {
  /**
   * Whether the import is done when the image is READY, rather than when Imgwire has it; a number is the timeout, milliseconds, and
   * `true` a minute. What is not READY by then is waited for again by the next try. @default false
   */
  readonly waitUntilReady?: boolean | number | undefined;
}

/** An image that Imgwire fetches from its URL. */
export interface UrlImport extends ItemRules {
  /** At most 100 MiB are behind it. Check an untrusted URL first: `checkSourceUrl()`. */
  readonly url: string;
  /** The type, whatever the image's server says. @default as its server says */
  readonly mimeType?: string | undefined;
  /** Two items with one key are one job and one image. @default derived from the URL, as in `uploadViaUrlMany()` */
  readonly idempotencyKey?: string | undefined;
}

/** An image in a file that every worker can read. */
export interface FileImport extends ItemRules {
  /** Where it is, on each machine with a worker. */
  readonly path: string;
  /** Two items with one key are one job and one image. */
  readonly idempotencyKey: string;
}

/** One image to import: plain data, which Redis keeps as JSON until it is imported. */
export type ImportItem = UrlImport | FileImport;

/** What an import leaves in its job. */
export type ImportResult = Pick<ImgwireImage, 'id' | 'cdn_url'>;
