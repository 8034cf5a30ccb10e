import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** The hosts that a page needs, as origins. */
export interface ImgwireOrigins {
  /** Where images are delivered from; with a custom domain that one. @default https://cdn.imgwire.dev */
  readonly images?: string;
  /** Where a browser that uploads directly creates the image. @default https://api.imgwire.dev */
  readonly api?: string;
  /** Where it sends the bytes: the origin of an `upload_url`. */
  readonly store: string;
}

export function contentSecurityPolicy({
  images = 'https://cdn.imgwire.dev',
  api = 'https://api.imgwire.dev',
  store,
}: ImgwireOrigins): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      directives: {
        'img-src': ["'self'", 'data:', 'blob:', images], // blob: for previews of files that are being uploaded
        'connect-src': ["'self'", api, store],
      },
    },
  });
}
