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

/** A connection to Imgwire or the options to make one, and which images may be imported by whom. */
export interface ImgwireUploadViaUrlOptions extends ConnectionOptions, SourceUrlRules {
  /**
   * Asked before the body is read: only true lets it pass, anything else is 403 `FORBIDDEN`. An error passes through as it
   * is.
   */
  readonly authorize?: ((req: Request) => boolean | Promise<boolean>) | undefined;
  /** Asked before the import. */
  readonly metadata?:
    | ((req: Request, url: URL) => UploadMetadata | undefined | Promise<UploadMetadata | undefined>)
    | undefined;
}

type ImportRules = Omit<ImgwireUploadViaUrlOptions, keyof ConnectionOptions>;

const { authorize, metadata } = RULE_CHECKS;
const CHECKS: Readonly<Record<keyof ImportRules, Check>> = { ...SOURCE_URL_CHECKS, authorize, metadata };

/**
 * Middleware that takes `{ url }` as JSON, lets Imgwire fetch the image, and puts it on the request as an upload would:
 * `req.image`, `req.images`. Closed by default: only https, and only from `allowedHosts`.
 *
 * The wait for Imgwire ends when the request is answered meanwhile or its client leaves, and the image is deleted, unless
 * `metadata` gave it an `idempotencyKey`: then the next import with this key answers it.
 *
 * @example app.post('/import', imgwireUploadViaUrl({ allowedHosts: ['images.example.com'] }), handler);
 * @throws TypeError for a wrong option, when the middleware is made
 */
export function imgwireUploadViaUrl(options: ImgwireUploadViaUrlOptions): RequestHandler {
  const { allowedHosts = [] as readonly string[] } = options;
  const { imgwire, rules } = splitOptions<ImportRules>(
    'imgwireUploadViaUrl()',
    { ...options, allowedHosts },
    CHECKS,
  );
  const { authorize, metadata, ...source } = rules;
  // Loaded by those who import by URL only: it is half of what this package takes to load.
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
    // Answered in this very moment: the signal has not told yet.
    if (res.writableEnded && labels.idempotencyKey === undefined) await discard();
    attachImage(req, image, discard);
  };
  return (req, res, next) => handOn(run(req, res, next), res, next);
}

/**
 * Some serverless adapters say of a request that it was read as soon as its handler has returned, and have the bytes as its
 * body: Express's parser leaves both alone.
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
