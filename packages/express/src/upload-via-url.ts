import { types } from 'node:util';
import {
  assertAllowed,
  type Check,
  type ConnectionOptions,
  checkMetadata,
  checkSourceUrl,
  closeSignal,
  RULE_CHECKS,
  SOURCE_URL_CHECKS,
  type SourceUrlRules,
  splitOptions,
  type UploadMetadata,
} from '@imgwire/core';
import type { Request, RequestHandler } from 'express';
import { handOn } from './hand-on.ts';
import { attachImage } from './request.ts';

/** A connection to Imgwire or the options to create one, and which images may be imported by whom. */
export interface ImgwireUploadViaUrlOptions extends ConnectionOptions, SourceUrlRules {
  /**
   * Called before the body is read: only `true` authorizes, anything else is 403 `FORBIDDEN`. An error passes through
   * unchanged.
   */
  readonly authorize?: ((req: Request) => boolean | Promise<boolean>) | undefined;
  /** Called before the import. */
  readonly metadata?:
    | ((req: Request, url: URL) => UploadMetadata | undefined | Promise<UploadMetadata | undefined>)
    | undefined;
}

type ImportRules = Omit<ImgwireUploadViaUrlOptions, keyof ConnectionOptions>;

const { authorize, metadata } = RULE_CHECKS;
const CHECKS: Readonly<Record<keyof ImportRules, Check>> = { ...SOURCE_URL_CHECKS, authorize, metadata };

/**
 * Middleware that takes `{ url }` as JSON, lets Imgwire fetch the image, and puts it on the request like an upload:
 * `req.image`, `req.images`. Strict by default: only https, and only from `allowedHosts`.
 *
 * If a response is sent meanwhile or the client disconnects, the wait for Imgwire ends and the image is deleted, unless
 * `metadata` gave it an `idempotencyKey`: then the next import with this key returns it.
 *
 * @example app.post('/import', imgwireUploadViaUrl({ allowedHosts: ['images.example.com'] }), handler);
 * @throws TypeError for a wrong option, when the middleware is created
 */
export function imgwireUploadViaUrl(options: ImgwireUploadViaUrlOptions): RequestHandler {
  const { allowedHosts = [] as readonly string[] } = options;
  const { imgwire, rules } = splitOptions<ImportRules>(
    'imgwireUploadViaUrl()',
    { ...options, allowedHosts },
    CHECKS,
  );
  const { authorize, metadata, ...source } = rules;
  // Loaded lazily: it is half of this package's load time.
  const parser = import('express').then(({ default: { json } }) => json({ limit: '16kb' }));
  parser.catch(() => undefined);
  const bodyOf = async (...[req, res]: Parameters<RequestHandler>): Promise<unknown> => {
    const parse = await parser;
    return new Promise((resolve, reject) => {
      parse(req, res, (error?: unknown) => (error ? reject(error) : resolve(parsed(req))));
    });
  };
  const run = async (...[req, res, next]: Parameters<RequestHandler>): Promise<void> => {
    const signal = closeSignal(res);
    if (authorize) assertAllowed(await authorize(req));
    const { url } = Object(await bodyOf(req, res, next)) as { url?: unknown };
    const checked = checkSourceUrl(url, source);
    const labels = checkMetadata(await metadata?.(req, checked));
    const image = await imgwire.uploadViaUrl({ ...labels, url: checked, signal });
    const discard = (): Promise<void> => imgwire.discard(image.id);
    // The response has just been sent, and the signal has not aborted yet.
    if (res.writableEnded && labels.idempotencyKey === undefined) await discard();
    attachImage(req, image, discard);
  };
  return (req, res, next) => handOn(run(req, res, next), res, next);
}

/**
 * Some serverless adapters mark a request as read as soon as its handler has returned, and keep the bytes as its
 * body: Express's parser skips both.
 */
function parsed(req: Request): unknown {
  const body: unknown = req.body;
  if (!types.isUint8Array(body) || !req.is('json')) return body;
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
