import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ImgwireImage, ReceivedFile } from '@imgwire/core';

/** The files of a request, as `request.imgwire` on both platforms. */
export interface RequestImgwire {
  /** In the order of the form. */
  readonly files: readonly ReceivedFile[];
  /** The same by field name. */
  readonly byField: Readonly<Record<string, readonly ReceivedFile[] | undefined>>;
  /** Deletes every image of the request again, for a handler that cannot use them. Never rejects. */
  discard(): Promise<void>;
}

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
  const byField = Object.create(null) as Record<string, ReceivedFile[]>;
  for (const file of received) {
    files.set(file.image, file);
    byField[file.fieldname] ??= [];
    byField[file.fieldname]?.push(file);
  }
  request.imgwire = {
    files: received,
    byField,
    discard: async () => void (await Promise.all(received.map((file) => file.discard()))),
  };
  return request.imgwire;
}
