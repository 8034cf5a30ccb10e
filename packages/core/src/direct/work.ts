import type { ImgwireImage } from '../image/image.ts';

/** A completed upload, or one that is not ready yet. */
export type Outcome =
  | { readonly image: ImgwireImage; readonly data?: unknown }
  | { readonly pending: true; readonly status: ImgwireImage['status']; readonly retryAfter: number };

/** The work of one completion. */
export interface Work {
  /** Of the image, as it was last seen. */
  status: ImgwireImage['status'];
  /** Settles when the image is measured, or is not in time. Never rejects. */
  readonly measured: Promise<unknown>;
  readonly outcome: Promise<Outcome>;
}

/** How long a response waits for an image, in milliseconds. */
export const RESPONSE_MS = 8_000;
