import type { IncomingHttpHeaders } from 'node:http';
import { type ImgwireImage, type ReceivedFile, type RequestImgwire, requestImgwire } from '@imgwire/core';

/** What a hook needs of a request; that of every server and type provider fits, over HTTP/2 too. */
export interface AnyRequest {
  readonly method: string;
  readonly raw: { readonly headers: IncomingHttpHeaders };
  body: unknown;
}

/** What a hook needs of a reply, likewise. */
export interface AnyReply {
  readonly sent: boolean;
  readonly raw: { readonly headersSent: boolean; readonly writableEnded: boolean };
}

/** A hook for `preHandler` or `preValidation` of a route. */
export type UploadHook = (request: AnyRequest, reply: AnyReply) => Promise<void>;

interface WithImages {
  image?: ImgwireImage;
  images: ImgwireImage[];
  imgwire: RequestImgwire;
}

/** Puts an imported image on the request. */
export function attachImage(request: AnyRequest, image: ImgwireImage, discard: () => Promise<void>): void {
  Object.assign<AnyRequest, WithImages>(request, {
    image,
    images: [image],
    imgwire: { ...requestImgwire([]), discard },
  });
}

/** Puts the received files on the request. */
export function attachFiles(request: AnyRequest, files: readonly ReceivedFile[]): void {
  const images = files.map((file) => file.image);
  const [image] = images;
  Object.assign<AnyRequest, WithImages>(request, {
    ...(image && { image }),
    images,
    imgwire: requestImgwire(files),
  });
}
