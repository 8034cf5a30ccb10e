import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ImgwireImage, type ReceivedFile, type RequestImgwire, requestImgwire } from '@imgwire/core';

/** The platform's request: Express's is Node's own, Fastify's has it as `raw`. */
export interface PlatformRequest {
  readonly raw?: IncomingMessage;
  /** The body, where a parser of the application has read it. */
  readonly rawBody?: unknown;
  body?: unknown;
  imgwire?: RequestImgwire;
}

/** The platform's response, likewise. */
export interface PlatformResponse {
  readonly raw?: ServerResponse;
}

/** What a pipe can know of an image beside its record, whose pixels are 0 until the service has processed it. */
const files = new WeakMap<ImgwireImage, ReceivedFile>();

/** The file that came as `image`; undefined for an image from elsewhere. */
export const fileOf = (image: ImgwireImage): ReceivedFile | undefined => files.get(image);

/** Puts the received files on the request. */
export function attachFiles(request: PlatformRequest, received: readonly ReceivedFile[]): RequestImgwire {
  for (const file of received) files.set(file.image, file);
  request.imgwire = requestImgwire(received);
  return request.imgwire;
}
