import { types } from 'node:util';
import {
  type ConnectionOptions,
  closeSignal,
  importViaUrl,
  splitOptions,
  type UploadViaUrlRules,
  VIA_URL_CHECKS,
} from '@imgwire/core';
import type { Request, RequestHandler } from 'express';
import { handOn } from './hand-on.ts';
import { attachImage } from './request.ts';

/** A connection to Imgwire or the options to create one, and which images may be imported by whom. */
export interface ImgwireUploadViaUrlOptions extends ConnectionOptions, UploadViaUrlRules<Request> {}

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
  const { imgwire, rules } = splitOptions<UploadViaUrlRules<Request>>(
    'imgwireUploadViaUrl()',
    options,
    VIA_URL_CHECKS,
    'allowedHosts',
  );
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
    const { image, discard } = await importViaUrl(imgwire, rules, req, {
      signal: closeSignal(res),
      body: () => bodyOf(req, res, next),
      answered: () => res.writableEnded,
    });
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
