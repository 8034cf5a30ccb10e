import { ImgwireError, toImgwireError } from '../errors.ts';
import { failedOver, inRequest, type Logger, reportFault } from '../logger.ts';
import { callback, listOf, milliseconds } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertAllowed } from '../rules/authorize.ts';
import { withDeadline } from '../service/deadline.ts';
import { startClock } from '../upload/events.ts';
import { type JsonResponse, toProblemResponse } from './json-response.ts';
import { assertSameSite, corsHeaders, origin, preflightHeaders, type RequestHeaders } from './same-site.ts';

/** What an endpoint reads of a request; any framework's request fits, and so does a web `Request`. */
export interface EndpointRequest {
  readonly method?: string | undefined;
  readonly headers: RequestHeaders;
  /** Of a web `Request` it is absolute, and names the host where there is no `Host` header. */
  readonly url?: string | undefined;
  /** The path before a router has taken its own part off, as Express and Fastify have it. */
  readonly originalUrl?: string | undefined;
}

/** Who may call an endpoint. */
export interface EndpointRules<Request> {
  /**
   * Decides whether the client may upload. Required: without it anyone could. Only `true`
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
}

/** The checks of {@link EndpointRules}. */
export const ENDPOINT_CHECKS: Readonly<Record<keyof EndpointRules<unknown>, Check>> = {
  authorize: callback,
  authorizeTimeoutMs: milliseconds(),
  allowedOrigins: listOf(origin),
  rateLimit: callback,
};

/** What an adapter knows of the exchange around a request to an endpoint. */
export interface EndpointExchange {
  /** Reads the body, parsed from JSON; undefined for one of another type. @default there is none */
  readonly body?: (() => unknown) | undefined;
  /** Aborts the work when nobody waits for the response any more. */
  readonly signal?: AbortSignal | undefined;
  /** Gets what the operator has to mend, if the instance has no `logger`. */
  readonly log?: ((error: Error) => void) | undefined;
}

/** An endpoint as data in and data out. It never rejects. */
export type Endpoint<Request> = (req: Request, exchange?: EndpointExchange) => Promise<JsonResponse>;

/** Runs a callback under the endpoint's deadline, and only while somebody waits for the response. */
export type Ask = <T>(callback: () => T | Promise<T>) => Promise<T>;

/** What an endpoint does for a client that may call it. */
type Work<Request> = (
  req: Request,
  exchange: EndpointExchange & { readonly ask: Ask; readonly durationMs: () => number },
) => Promise<{
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object | undefined;
}>;

const typeOf = (status: number, body: object | undefined): Record<string, string> =>
  body ? { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' } : {};

/**
 * Makes an endpoint of what it does once a client may call it. In this order: preflight, method, same site, `rateLimit`, `authorize`,
 * the work. Responses are never cached, failures are problem details, and what the operator has to mend is logged.
 *
 * @param onFailure gets each failure, for the events
 */
export function guardedEndpoint<Request extends EndpointRequest>(
  logger: () => Logger | undefined,
  rules: EndpointRules<Request>,
  work: Work<Request>,
  onFailure: (error: ImgwireError, durationMs: number) => void,
): Endpoint<Request> {
  return async (req, exchange = {}) => {
    const cors = corsHeaders(req.headers, rules.allowedOrigins);
    const headers: Record<string, string> = { 'Cache-Control': 'no-store', ...cors };
    if (req.method === 'OPTIONS' && 'Access-Control-Allow-Origin' in headers) {
      return { status: 204, headers: { ...headers, ...preflightHeaders(req.headers) }, body: undefined };
    }
    const { signal, log } = exchange;
    const durationMs = startClock();
    try {
      const ask = await admit(req, rules, signal);
      const { status, headers: own, body } = await work(req, { ...exchange, ask, durationMs });
      return { status, headers: { ...headers, ...own, ...typeOf(status, body) }, body };
    } catch (error) {
      // `authorize` rejects with its own codes: any other failure is not about the client.
      const failure = toImgwireError(error) ?? new ImgwireError('UPSTREAM_UNAVAILABLE', { cause: error });
      onFailure(failure, durationMs());
      failedOver(failure, inRequest(logger(), req));
      if (!signal?.aborted) reportFault(failure, log);
      const problem = toProblemResponse(failure);
      const allow = failure.code === 'METHOD_NOT_ALLOWED' ? { Allow: 'POST' } : {};
      return { ...problem, headers: { ...headers, ...allow, ...problem.headers } };
    }
  };
}

async function admit<Request extends EndpointRequest>(
  req: Request,
  rules: EndpointRules<Request>,
  signal: AbortSignal | undefined,
): Promise<Ask> {
  if (req.method !== 'POST') throw new ImgwireError('METHOD_NOT_ALLOWED');
  assertSameSite(req.headers, rules.allowedOrigins, req.url);
  const { authorizeTimeoutMs = 10_000 } = rules;
  const ask: Ask = (call) =>
    withDeadline(authorizeTimeoutMs, signal, async () => call(), 'AUTHORIZATION_UNAVAILABLE');
  await limit(req, rules, ask);
  await authorize(req, rules, ask);
  signal?.throwIfAborted();
  return ask;
}

/** For what a callback fails with, unless it says itself what it means. */
export function unavailable(cause: unknown): never {
  throw toImgwireError(cause) ?? new ImgwireError('AUTHORIZATION_UNAVAILABLE', { cause });
}

async function limit<Request>(req: Request, { rateLimit }: EndpointRules<Request>, ask: Ask): Promise<void> {
  if (!rateLimit) return;
  const verdict = await ask(() => rateLimit(req)).catch(unavailable);
  // Only `true` allows it: a hook that forgets to return must fail closed.
  if (verdict === true) return;
  const retryAfter = typeof verdict === 'number' ? Math.max(1, Math.ceil(verdict) || 1) : 60;
  throw new ImgwireError('RATE_LIMITED', { retryAfter });
}

async function authorize<Request>(req: Request, rules: EndpointRules<Request>, ask: Ask): Promise<void> {
  const allowed = await ask(() => rules.authorize(req)).catch((cause: unknown) => {
    const { status, statusCode = status } = Object(cause) as { status?: unknown; statusCode?: unknown };
    // A database that is down says nothing of the client.
    if (!(Number(statusCode) >= 400 && Number(statusCode) < 500)) return unavailable(cause);
    throw new ImgwireError(statusCode === 401 ? 'UNAUTHORIZED' : 'FORBIDDEN', { cause });
  });
  assertAllowed(allowed);
}
