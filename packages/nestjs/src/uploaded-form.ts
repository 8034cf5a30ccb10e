import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ImgwireImage, type ReceivedFile, type RequestImgwire, requestImgwire } from '@imgwire/core';

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

/** For pipes: the file of an image, whose record has 0 × 0 pixels until the service has processed it. */
const files = new WeakMap<ImgwireImage, ReceivedFile>();

/** The received file of `image`; undefined for an image that was not received as a file. */
export const fileOf = (image: ImgwireImage): ReceivedFile | undefined => files.get(image);

/** Attaches the received files to the request. */
export function attachFiles(request: PlatformRequest, received: readonly ReceivedFile[]): RequestImgwire {
  for (const file of received) files.set(file.image, file);
  request.imgwire = requestImgwire(received);
  return request.imgwire;
}
