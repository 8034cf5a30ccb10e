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

/** What an upload hook puts on the request. */
export interface ImgwireRequest {
  /** The first image of the request; undefined if it had none. */
  image?: ImgwireImage;
  /** Every image of the request, in the order of the form; undefined on a route without an upload hook. */
  images?: ImgwireImage[];
  /** What is known of the uploaded files besides their records; undefined on a route without an upload hook. */
  imgwire?: RequestImgwire;
}

/** Puts an imported image on the request. */
export function attachImage(request: AnyRequest, image: ImgwireImage, discard: () => Promise<void>): void {
  Object.assign<AnyRequest, ImgwireRequest>(request, {
    image,
    images: [image],
    imgwire: { ...requestImgwire([]), discard },
  });
}

/** Puts the received files on the request. */
export function attachFiles(request: AnyRequest, files: readonly ReceivedFile[]): void {
  const images = files.map((file) => file.image);
  const [image] = images;
  Object.assign<AnyRequest, ImgwireRequest>(request, {
    ...(image && { image }),
    images,
    imgwire: requestImgwire(files),
  });
}
