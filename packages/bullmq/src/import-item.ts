import type { ImgwireImage, UploadMetadata } from '@imgwire/core';

/** What every item may have. */
export interface ItemRules extends UploadMetadata {
  /**
   * Whether to wait until the image is READY: `true` waits for a minute, a number is the timeout in milliseconds. If it takes
   * longer, the next attempt waits again. @default false
   */
  readonly waitUntilReady?: boolean | number | undefined;
}

/** An image that Imgwire fetches from its URL. */
export interface UrlImport extends ItemRules {
  /** Where Imgwire fetches the image, of 100 MiB at most. Check an untrusted URL first: `checkSourceUrl()`. */
  readonly url: string;
  /** The type, whatever the image's server says. @default what that server says */
  readonly mimeType?: string | undefined;
  /** Two items with the same key are one job and one image. @default derived from the URL, as in `uploadViaUrlMany()` */
  readonly idempotencyKey?: string | undefined;
}

/** An image in a file that every worker can read. */
export interface FileImport extends ItemRules {
  /** Its path, the same on each machine with a worker. */
  readonly path: string;
  /** Two items with the same key are one job and one image. */
  readonly idempotencyKey: string;
}

/** One image to import: plain data, which Redis keeps as JSON. */
export type ImportItem = UrlImport | FileImport;

/** What an import leaves in its job. */
export type ImportResult = Pick<ImgwireImage, 'id' | 'cdn_url'>;
