import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ImgwireImage, ReceivedFile, ReceivedForm } from '@imgwire/core';
import { type RequestImgwire, toRequestFiles } from '@imgwire/core/adapter';

/** The platform's request: Node's own on Express; on Fastify that is its `raw`. */
export interface PlatformRequest {
  readonly raw?: IncomingMessage;
  /** The body, if a parser of the application has read it. */
  readonly rawBody?: unknown;
  body?: unknown;
  imgwire?: RequestImgwire;
}

/** The platform's response, likewise. */
export interface PlatformResponse {
  readonly raw?: ServerResponse;
}

/** What Nest's `@UploadedFile()` and `@UploadedFiles()` read of a request, in the shapes of multer. */
export type NestFiles = (
  received: RequestImgwire,
) => { readonly file: ReceivedFile | undefined } | { readonly files: RequestImgwire['files' | 'byField'] };

/** One file, for `@UploadedFile()`. */
export const asFile: NestFiles = ({ files: [file] }) => ({ file });
/** A list of files, for `@UploadedFiles()`. */
export const asFiles: NestFiles = ({ files }) => ({ files });
/** Lists of files by the name of the field, likewise. */
export const asFilesByField: NestFiles = ({ byField }) => ({ files: byField });

/** For pipes: the file of an image, whose record has 0 × 0 pixels until the service has processed it. */
const files = new WeakMap<ImgwireImage, ReceivedFile>();

/** The received file of `image`; undefined for an image that was not received as a file. */
export const fileOf = (image: ImgwireImage): ReceivedFile | undefined => files.get(image);

/** Attaches the received files to the request; where none were received, those of another upload of the route stay. */
export function attachFiles(
  request: PlatformRequest,
  received: Partial<Pick<ReceivedForm, 'files' | 'rejected'>>,
  nestFiles: NestFiles,
): RequestImgwire {
  const earlier = received.files ? undefined : request.imgwire;
  request.imgwire = earlier ?? toRequestFiles(received.files ?? [], received.rejected);
  for (const file of request.imgwire.files) files.set(file.image, file);
  for (const [name, value] of Object.entries(nestFiles(request.imgwire))) {
    // Not assigned: @fastify/multipart has methods of these names, which somebody may have made getters.
    Object.defineProperty(request, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return request.imgwire;
}
