import type { ServerResponse } from 'node:http';
import { ImgwireError } from '../errors.ts';
import type { IncomingRequest } from '../incoming-request.ts';
import type { ResolvedRules } from '../rules/rules.ts';
import type { Context } from '../upload/context.ts';
import { publish } from '../upload/events.ts';
import { BodyReader } from './body-reader.ts';
import { kindOf, type UploadKind } from './upload-kind.ts';

/** The codes of a body that is of another kind, and of one that cannot be read. */
export const CODES = {
  form: { other: 'NOT_MULTIPART', unreadable: 'MALFORMED_MULTIPART' },
  body: { other: 'NOT_AN_IMAGE_BODY', unreadable: 'INVALID_REQUEST' },
} as const;

/**
 * Takes the body of a request.
 *
 * @param kind what the body must be
 * @throws ImgwireError `SHUTTING_DOWN`, `NOT_MULTIPART`, `NOT_AN_IMAGE_BODY`, and as BodyReader
 */
export function openBody<Request extends IncomingRequest>(
  { shutdown, failed }: Context,
  req: Request,
  rules: ResolvedRules<Request>,
  res: ServerResponse | undefined,
  kind: UploadKind,
): BodyReader {
  const { 'content-length': contentLength } = req.headers;
  publish('imgwire:request:started', () => (contentLength ? { contentLength: Number(contentLength) } : {}));
  const { other, unreadable } = CODES[kind];
  let release = (): void => undefined;
  try {
    release = shutdown.enter();
    if (kindOf(req.headers, req) !== kind) throw new ImgwireError(other);
    return new BodyReader(req, rules, { shutdown: shutdown.signal, res, onRelease: release, unreadable });
  } catch (error) {
    release();
    failed(error);
    publish('imgwire:request:failed', () => ({ error, bytes: 0, durationMs: 0 }));
    throw error;
  }
}
