import type { ServerResponse } from 'node:http';
import {
  assertAllowed,
  assertOptions,
  type Check,
  checkMetadata,
  checkSourceUrl,
  closeSignal,
  type Imgwire,
  RULE_CHECKS,
  SOURCE_URL_CHECKS,
  type SourceUrlRules,
  type UploadMetadata,
} from '@imgwire/core';
import type { FastifyRequest } from 'fastify';
import { attachImage, type UploadHook } from './request.ts';
import { rethrow } from './rethrow.ts';

/** Which images may be imported by whom. */
export interface UploadViaUrlRules extends SourceUrlRules {
  /** Only `true` authorizes, anything else is 403 `FORBIDDEN`. An error passes through unchanged. */
  readonly authorize?: ((request: FastifyRequest) => boolean | Promise<boolean>) | undefined;
  /** Called before the import. */
  readonly metadata?:
    | ((
        request: FastifyRequest,
        url: URL,
      ) => UploadMetadata | undefined | Promise<UploadMetadata | undefined>)
    | undefined;
}

const { authorize, metadata } = RULE_CHECKS;
const CHECKS: Readonly<Record<keyof UploadViaUrlRules, Check>> = {
  ...SOURCE_URL_CHECKS,
  authorize,
  metadata,
};

/** Creates the hook over a connection. @throws TypeError that names the wrong option */
export function uploadViaUrlHook(imgwire: Imgwire, options: UploadViaUrlRules): UploadHook {
  const { allowedHosts = [] as readonly string[] } = options;
  assertOptions('app.imgwire.uploadViaUrl()', { ...options, allowedHosts }, CHECKS);
  const { authorize, metadata, maxUrlLength } = options;
  const run: UploadHook = async (anyRequest, reply) => {
    const request = anyRequest as FastifyRequest;
    const signal = closeSignal(reply.raw as ServerResponse);
    if (authorize) assertAllowed(await authorize(request));
    const { url } = Object(request.body) as { url?: unknown };
    const checked = checkSourceUrl(url, { allowedHosts, maxUrlLength });
    const labels = checkMetadata(await metadata?.(request, checked));
    const image = await imgwire.uploadViaUrl({ ...labels, url: checked, signal });
    const discard = (): Promise<void> => imgwire.discard(image.id);
    // The response has just been sent, and the signal has not aborted yet.
    if (reply.raw.writableEnded && labels.idempotencyKey === undefined) await discard();
    attachImage(request, image, discard);
  };
  return (request, reply) => run(request, reply).catch(rethrow);
}
