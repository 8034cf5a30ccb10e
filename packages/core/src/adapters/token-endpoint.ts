import { ImgwireError, toImgwireError } from '../errors.ts';
import type { Imgwire } from '../imgwire.ts';
import { failedOver, inRequest, reportFault } from '../logger.ts';
import { callback, listOf, milliseconds, withMethods } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertInput } from '../options/validate.ts';
import { assertAllowed } from '../rules/authorize.ts';
import { withDeadline } from '../service/deadline.ts';
import type { UploadToken } from '../service/service.ts';
import { publish, startClock } from '../upload/events.ts';
import { JSON_TYPE, type JsonResponse, toProblemResponse } from './json-response.ts';
import { assertSameSite, corsHeaders, origin, preflightHeaders, type RequestHeaders } from './same-site.ts';

/** What the endpoint reads of a request; any framework's request fits, and so does a web `Request`. */
export interface TokenRequest {
  readonly method?: string | undefined;
  readonly headers: RequestHeaders;
  /** Of a web `Request` it is absolute, and names the host where there is no `Host` header. */
  readonly url?: string | undefined;
}

/** Who gets an upload token. */
export interface UploadTokenRules<Request> {
  /**
   * Decides whether the client may upload. Required: without it the endpoint would issue tokens to anyone. Only `true`
   * authorizes, anything else is 403; an error with the status 401 is 401, with another of 4xx 403. Any other error, and no result
   * within `authorizeTimeoutMs`, is 503, and logged: it is not about the client.
   */
  readonly authorize: (req: Request) => boolean | Promise<boolean>;
  /** Longest time of each callback, in milliseconds. For those that ask a slow service. @default 10_000 */
  readonly authorizeTimeoutMs?: number | undefined;
  /**
   * Origins besides the endpoint's own, as browsers send them: `https://app.example.com`, without a path or a trailing
   * slash. @default none
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Called before `authorize`: `true` allows it; a number is 429 with `Retry-After` in seconds, anything else 429. */
  readonly rateLimit?: ((req: Request) => boolean | number | Promise<boolean | number>) | undefined;
  /**
   * Called for each token before it is sent, for an audit log; without the token itself. A token that cannot be audited is
   * not sent: if this fails the response is 503.
   */
  readonly onIssued?: ((issued: IssuedToken<Request>) => void | Promise<void>) | undefined;
}

/** An issued token. */
export interface IssuedToken<Request> {
  readonly id: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly req: Request;
}

/** What the endpoint needs of an instance. */
type TokenIssuer = Pick<Imgwire, 'createUploadToken' | 'logger'>;

const check: Check = (value) => withMethods('createUploadToken')(value) && 'made by createImgwire()';

/** The checks of {@link UploadTokenRules}. */
export const TOKEN_CHECKS: Readonly<Record<keyof UploadTokenRules<unknown>, Check>> = {
  authorize: callback,
  authorizeTimeoutMs: milliseconds(),
  allowedOrigins: listOf(origin),
  rateLimit: callback,
  onIssued: callback,
};

/**
 * The endpoint that issues a browser a token for one upload, as data in and data out: `{ uploadToken, expiresAt }`, or
 * problem details. The request's body is ignored. Responses are never cached. The `signal` aborts the work when nobody waits
 * for the response any more. What the operator has to mend is logged: to the instance's `logger`, else to `log`.
 *
 * @throws TypeError without `authorize`, or for a wrong option. The endpoint itself never rejects, and a failure after
 *   `authorize` is never a 403
 */
export function tokenEndpoint<Request extends TokenRequest>(
  options: UploadTokenRules<Request> & { readonly imgwire: TokenIssuer },
): (req: Request, signal?: AbortSignal, log?: (error: Error) => void) => Promise<JsonResponse> {
  // The types require `authorize`; JavaScript does not.
  assertInput('tokenEndpoint()', options, 'authorize', { ...TOKEN_CHECKS, imgwire: check });
  return async (req, signal, log) => {
    const cors = corsHeaders(req.headers, options.allowedOrigins);
    const headers: Record<string, string> = { 'Cache-Control': 'no-store', ...cors };
    if (req.method === 'OPTIONS' && 'Access-Control-Allow-Origin' in headers) {
      return {
        status: 204,
        headers: { ...headers, ...preflightHeaders(req.headers) },
        body: undefined,
      };
    }
    const durationMs = startClock();
    try {
      const { id, token: uploadToken, expires_at: expiresAt } = await issue(req, options, signal);
      publish('imgwire:token:issued', () => ({ id, durationMs: durationMs() }));
      return { status: 200, headers: { ...headers, ...JSON_TYPE }, body: { uploadToken, expiresAt } };
    } catch (error) {
      // `authorize` rejects with its own codes: any other failure is not about the client.
      const failure = toImgwireError(error) ?? new ImgwireError('UPSTREAM_UNAVAILABLE', { cause: error });
      publish('imgwire:token:failed', () => ({ error: failure, durationMs: durationMs() }));
      failedOver(failure, inRequest(options.imgwire.logger, req));
      if (!signal?.aborted) reportFault(failure, log);
      const problem = toProblemResponse(failure);
      const allow = failure.code === 'METHOD_NOT_ALLOWED' ? { Allow: 'POST' } : {};
      return { ...problem, headers: { ...headers, ...allow, ...problem.headers } };
    }
  };
}

async function issue<Request extends TokenRequest>(
  req: Request,
  options: UploadTokenRules<Request> & { readonly imgwire: TokenIssuer },
  signal: AbortSignal | undefined,
): Promise<UploadToken> {
  if (req.method !== 'POST') throw new ImgwireError('METHOD_NOT_ALLOWED');
  assertSameSite(req.headers, options.allowedOrigins, req.url);
  const { onIssued, authorizeTimeoutMs = 10_000 } = options;
  const ask: Ask = (callback) =>
    withDeadline(authorizeTimeoutMs, signal, async () => callback(), 'AUTHORIZATION_UNAVAILABLE');
  await limit(req, options, ask);
  await authorize(req, options, ask);
  signal?.throwIfAborted();
  const issued = await options.imgwire.createUploadToken(signal);
  const { id, expires_at: expiresAt } = issued;
  if (onIssued)
    await ask(() => onIssued({ id, expiresAt, req })).catch((cause: unknown) => {
      throw new ImgwireError('AUTHORIZATION_UNAVAILABLE', { cause });
    });
  return issued;
}

/** Runs a callback under the endpoint's deadline, and only while somebody waits for the response. */
type Ask = <T>(callback: () => T | Promise<T>) => Promise<T>;

function unavailable(cause: unknown): never {
  throw toImgwireError(cause) ?? new ImgwireError('AUTHORIZATION_UNAVAILABLE', { cause });
}

async function limit<Request>(
  req: Request,
  { rateLimit }: UploadTokenRules<Request>,
  ask: Ask,
): Promise<void> {
  if (!rateLimit) return;
  const verdict = await ask(() => rateLimit(req)).catch(unavailable);
  // Only `true` allows it: a hook that forgets to return must fail closed.
  if (verdict === true) return;
  const retryAfter = typeof verdict === 'number' ? Math.max(1, Math.ceil(verdict) || 1) : 60;
  throw new ImgwireError('RATE_LIMITED', { retryAfter });
}

async function authorize<Request>(req: Request, rules: UploadTokenRules<Request>, ask: Ask): Promise<void> {
  const allowed = await ask(() => rules.authorize(req)).catch((cause: unknown) => {
    const { status, statusCode = status } = Object(cause) as { status?: unknown; statusCode?: unknown };
    // A database that is down says nothing of the client.
    if (!(Number(statusCode) >= 400 && Number(statusCode) < 500)) return unavailable(cause);
    throw new ImgwireError(statusCode === 401 ? 'UNAUTHORIZED' : 'FORBIDDEN', { cause });
  });
  assertAllowed(allowed);
}
