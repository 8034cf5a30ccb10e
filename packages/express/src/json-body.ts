import { types } from 'node:util';
import { ImgwireError, type ImgwireErrorCode } from '@imgwire/core';
import type { Request, Response } from 'express';

/** Which bodies a reader takes. */
export interface JsonReaderOptions {
  /** Largest body, in bytes. */
  readonly maxBytes: number;
  /** The code for a body that does not parse. */
  readonly invalid: ImgwireErrorCode;
}

/** Reads the JSON body of a request, see {@link jsonReader}. */
export type JsonReader = (req: Request, res: Response) => Promise<unknown>;

/**
 * A reader of JSON bodies with Express's own parser; undefined for a body of another type. A body that a parser
 * of the application has read is taken as it is.
 *
 * @throws ImgwireError `invalid` for what does not parse, `LIMIT_REQUEST_SIZE`, `UNSUPPORTED_CONTENT_ENCODING`,
 *   `CLIENT_ABORTED`, `BODY_ALREADY_READ`
 */
export function jsonReader({ maxBytes, invalid }: JsonReaderOptions): JsonReader {
  // Loaded lazily: it is half of this package's load time.
  const parser = import('express').then(({ default: { json } }) => json({ limit: maxBytes }));
  parser.catch(() => undefined);
  return async (req, res) => {
    const parse = await parser;
    return new Promise((resolve, reject) => {
      parse(req, res, (error?: unknown) =>
        error ? reject(refusal(error, maxBytes, invalid)) : resolve(parsed(req)),
      );
    });
  };
}

/** The types of the parser's errors (https://github.com/expressjs/body-parser#errors). Any other is of a body that is no JSON. */
const CODES: Readonly<Record<string, ImgwireErrorCode>> = {
  'encoding.unsupported': 'UNSUPPORTED_CONTENT_ENCODING',
  'entity.too.large': 'LIMIT_REQUEST_SIZE',
  'request.aborted': 'CLIENT_ABORTED',
  'request.size.invalid': 'CLIENT_ABORTED',
  'stream.encoding.set': 'BODY_ALREADY_READ',
  'stream.not.readable': 'BODY_ALREADY_READ',
};

/** Without it a malformed body would be a page of HTML with a stack. */
function refusal(cause: unknown, maxBytes: number, invalid: ImgwireErrorCode): ImgwireError {
  const { type } = Object(cause) as { readonly type?: unknown };
  const code = CODES[String(type)] ?? invalid;
  const message = code === 'LIMIT_REQUEST_SIZE' ? `The request is larger than ${maxBytes} bytes.` : undefined;
  return new ImgwireError(code, { message, cause });
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
