import { assertAllowed } from '../base/assert-allowed.ts';
import { ImgwireUploadError, toUploadError } from '../base/errors.ts';
import { assertOptions, type Check, callback, listOf, positive, withMethods } from '../base/validate.ts';
import type { Imgwire } from '../create-imgwire.ts';
import { withDeadline } from '../service/deadline.ts';
import { assertSameSite, corsHeaders, origin, preflightHeaders, type RequestHeaders } from './same-site.ts';

/** What the endpoint reads of a request; a framework's own request fits, and so does the `Request` of the web. */
export interface TokenRequest {
  readonly method?: string | undefined;
  readonly headers: RequestHeaders;
}

/** An answer for an adapter to write. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined for an answer without a body. */
  readonly body: object | undefined;
}

/** Who may have an upload token. */
export interface UploadTokenRules<Request> {
  /**
   * Decides whether the sender may upload. Required: an endpoint without it would give tokens to anyone. Only true lets it
   * pass, anything else is 403; an error with the status 401 is 401, any other is 403. No answer within
   * `authorizeTimeoutMs` is 503.
   */
  readonly authorize: (req: Request) => boolean | Promise<boolean>;
  /** Longest time of each callback, milliseconds. @default 10_000 */
  readonly authorizeTimeoutMs?: number | undefined;
  /**
   * Origins beside the endpoint's own, as browsers send them: `https://app.example.com`, without a path or a slash at the
   * end. @default none
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Asked before `authorize`: true lets it pass; a number is 429 with `Retry-After` in seconds, anything else 429. */
  readonly rateLimit?: ((req: Request) => boolean | number | Promise<boolean | number>) | undefined;
  /**
   * Told of each token before it goes out, for an audit; the token itself is not in it. A token that cannot be audited is
   * not given: when this fails the answer is 503.
   */
  readonly onIssued?: ((issued: IssuedToken<Request>) => void | Promise<void>) | undefined;
}

/** A token that was given out. */
export interface IssuedToken<Request> {
  readonly id: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly req: Request;
}

const check: Check = (value) => withMethods('createUploadToken')(value) && 'made by createImgwire()';

/** The checks of {@link UploadTokenRules}. */
export const TOKEN_CHECKS: Readonly<Record<keyof UploadTokenRules<unknown>, Check>> = {
  authorize: callback,
  authorizeTimeoutMs: positive,
  allowedOrigins: listOf(origin),
  rateLimit: callback,
  onIssued: callback,
};

/**
 * The endpoint from which a browser gets a token for one upload, as data in and data out: `{ uploadToken, expiresAt }`, or
 * problem details. The request's body is not looked at. Nothing is cached. A `signal` beside the request ends the work
 * when nobody waits for the answer any more.
 *
 * @throws TypeError without `authorize`, or for a wrong option. The endpoint itself never rejects, and answers no 403 for what
 *   fails after `authorize`
 */
export function uploadTokenEndpoint<Request extends TokenRequest>(
  options: UploadTokenRules<Request> & { readonly imgwire: Imgwire },
): (req: Request, signal?: AbortSignal) => Promise<JsonAnswer> {
  assertOptions('uploadTokenEndpoint()', options, { imgwire: check, ...TOKEN_CHECKS });
  // The types demand it; JavaScript does not.
  if ((options.authorize as unknown) === undefined) {
    throw new TypeError(
      'uploadTokenEndpoint(): option "authorize" is required; without it anyone could upload.',
    );
  }
  return async (req, signal) => {
    const cors = corsHeaders(req.headers, options.allowedOrigins);
    const headers: Record<string, string> = { 'Cache-Control': 'no-store', ...cors };
    if (req.method === 'OPTIONS' && 'Access-Control-Allow-Origin' in headers) {
      return {
        status: 204,
        headers: { ...headers, ...preflightHeaders(req.headers) },
        body: undefined,
      };
    }
    try {
      return { status: 200, headers, body: await issue(req, options, signal) };
    } catch (error) {
      // `authorize` refuses in codes of its own: whatever else fails says nothing of the sender.
      const failure =
        toUploadError(error) ?? new ImgwireUploadError('UPSTREAM_UNAVAILABLE', { cause: error });
      const allow = failure.code === 'METHOD_NOT_ALLOWED' ? { Allow: 'POST' } : {};
      return {
        status: failure.status,
        headers: { ...headers, ...failure.headers, ...allow, 'Content-Type': 'application/problem+json' },
        body: failure.toJSON(),
      };
    }
  };
}

async function issue<Request extends TokenRequest>(
  req: Request,
  options: UploadTokenRules<Request> & { readonly imgwire: Imgwire },
  signal: AbortSignal | undefined,
): Promise<object> {
  if (req.method !== 'POST') throw new ImgwireUploadError('METHOD_NOT_ALLOWED');
  assertSameSite(req.headers, options.allowedOrigins);
  const { onIssued, authorizeTimeoutMs = 10_000 } = options;
  const ask: Ask = (callback) =>
    withDeadline(authorizeTimeoutMs, signal, async () => callback(), 'AUTHORIZATION_UNAVAILABLE');
  await limit(req, options, ask);
  await authorize(req, options, ask);
  signal?.throwIfAborted();
  const { id, token, expires_at: expiresAt } = await options.imgwire.createUploadToken(signal);
  if (onIssued)
    await ask(() => onIssued({ id, expiresAt, req })).catch((cause: unknown) => {
      throw new ImgwireUploadError('AUTHORIZATION_UNAVAILABLE', { cause });
    });
  return { uploadToken: token, expiresAt };
}

/** Asks a callback under the deadline of the endpoint, and no longer than somebody waits for the answer. */
type Ask = <T>(callback: () => T | Promise<T>) => Promise<T>;

function unavailable(cause: unknown): never {
  throw toUploadError(cause) ?? new ImgwireUploadError('AUTHORIZATION_UNAVAILABLE', { cause });
}

async function limit<Request>(
  req: Request,
  { rateLimit }: UploadTokenRules<Request>,
  ask: Ask,
): Promise<void> {
  if (!rateLimit) return;
  const verdict = await ask(() => rateLimit(req)).catch(unavailable);
  // Only a plain true lets it pass: a hook that forgot to answer must not open the door.
  if (verdict === true) return;
  const retryAfter = typeof verdict === 'number' ? Math.max(1, Math.ceil(verdict) || 1) : 60;
  throw new ImgwireUploadError('RATE_LIMITED', { retryAfter });
}

async function authorize<Request>(req: Request, rules: UploadTokenRules<Request>, ask: Ask): Promise<void> {
  const allowed = await ask(() => rules.authorize(req)).catch((cause: unknown) => {
    if (toUploadError(cause)?.code === 'AUTHORIZATION_UNAVAILABLE') throw cause;
    const { status, statusCode = status } = Object(cause) as { status?: unknown; statusCode?: unknown };
    throw new ImgwireUploadError(statusCode === 401 ? 'UNAUTHORIZED' : 'FORBIDDEN', { cause });
  });
  assertAllowed(allowed);
}
