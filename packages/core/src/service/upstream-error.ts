import { ImgwireError, type ImgwireErrorCode, type ImgwireErrorDetails, isImgwireError } from '../errors.ts';
import { messageOf } from '../realm-safe.ts';

/** An error response of Imgwire or its object storage. */
export interface ErrorResponse {
  /** Which call, without query or host: `POST /api/v1/images/token`. */
  readonly call: string;
  readonly status: number;
  /** The parsed JSON body, or the raw text. */
  readonly body: unknown;
  /** The `Retry-After` header. */
  readonly retryAfter?: string | undefined;
  /** The code of 404 and 422, for a call that only passes ids. @default `UPSTREAM_REJECTED` */
  readonly missing?: ImgwireErrorCode | undefined;
  /** The key of the call, to be redacted from texts that quote it, whatever it looks like. */
  readonly apiKey?: string | undefined;
}

/** 408, 429 and 5xx are transient; every other error status is final. */
const isTransientStatus = (status: number): boolean => status === 408 || status === 429 || status >= 500;

function codeOf({ status, missing = 'UPSTREAM_REJECTED' }: ErrorResponse, type: unknown): ImgwireErrorCode {
  if (isTransientStatus(status)) return 'UPSTREAM_UNAVAILABLE';
  // The service documents the type for its plan, its quota and the cap of pending uploads, and no status.
  if (status === 402 || type === 'PaymentRequiredError') return 'ACCOUNT_LIMIT_REACHED';
  // 422 is for an id that is not a UUID.
  return status === 404 || status === 422 ? missing : 'UPSTREAM_REJECTED';
}

/** What to look at when the service does not know the key: a key of the emulator is none of Imgwire's, and the other way round. */
const OF_THE_KEY = ' (see apiKey and baseUrl)';

/** Converts an error response into our error. Its text goes into `cause`. */
export function toUpstreamError(response: ErrorResponse): ImgwireError {
  const { call, status, body, apiKey } = response;
  const { error_type: type } = asObject(body);
  const withoutKey = (text: string): string => (apiKey ? text.replaceAll(apiKey, '[redacted]') : text);
  const said = withoutUrls(withoutKey(textOf(body))).slice(0, 500);
  return new ImgwireError(codeOf(response, type), {
    upstreamStatus: status,
    upstreamType: typeof type === 'string' ? withoutKey(type) : undefined,
    retryAfter: parseRetryAfter(response.retryAfter),
    cause: new Error(
      `${call} responded with ${status}${said && `: ${said}`}${apiKey && status === 401 ? OF_THE_KEY : ''}`,
    ),
  });
}

/** Ignores the 404 of a delete whose image is gone. @throws every other error */
export function ignoreNotFound(error: unknown): void {
  if (!isImgwireError(error) || error.upstreamStatus !== 404) throw error;
}

/** Null for the 404 of what does not exist. @throws every other error */
export function nullIfNotFound(error: unknown): null {
  ignoreNotFound(error);
  return null;
}

// undici's and Node's codes for timeouts; any other failure is a broken connection.
const TIMEOUTS = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

/**
 * Converts a client's error into ours. The cause is a copy with message and code only: the original may hold the
 * request, and with it the key or the presigned URL (the official SDK's `HttpError` does).
 */
export function connectionError(call: string, error: unknown): ImgwireError {
  if (isImgwireError(error)) return error;
  const { code = asObject(asObject(error)['cause'])['code'] } = asObject(error);
  const message = withoutUrls(messageOf(error) ?? 'unknown error');
  const details: ImgwireErrorDetails = {
    cause: Object.assign(new Error(`${call}: ${message}`), typeof code === 'string' && { code }),
  };
  const failure = new ImgwireError(
    TIMEOUTS.has(String(code)) ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNAVAILABLE',
    details,
  );
  return isUnsent(error) ? markUnsent(failure) : failure;
}

/** Failures of calls that were never sent. */
const unsent = new WeakSet<object>();

/** Marks a failed call as one that was not sent: its connection was never made. */
export function markUnsent<T extends object>(error: T): T {
  unsent.add(error);
  return error;
}

/** Failures of calls that were sent twice. */
const sentTwice = new WeakSet<object>();

/** Marks a failed call as one that was sent twice: whatever the second response says, the service may have processed the first. */
export function markSentTwice<T extends object>(error: T): T {
  sentTwice.add(error);
  return error;
}

/** Whether a failed call was sent twice, see {@link markSentTwice}. */
export const wasSentTwice = (error: unknown): boolean => sentTwice.has(Object(error) as object);

/** Failures of requests whose connection had been closed. */
const stale = new WeakSet<object>();

/** Marks a failed request whose reused connection was closed before it had a response: the service is not at fault. */
export function markStale<T extends object>(error: T): T {
  stale.add(error);
  return error;
}

/** Whether a failed request is to be sent again at once, over a new connection, see {@link markStale}. */
export const isStale = (error: unknown): boolean => stale.has(Object(error) as object);

// Nothing is sent before there is a connection. Any other code, also of a timeout, may be of one that had been made.
const NO_CONNECTION = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
// The system calls that make a connection.
const CONNECTING = new Set(['connect', 'getaddrinfo']);

/** Whether a failed call cannot have reached the service. */
export function neverArrived(error: unknown): boolean {
  if (unsent.has(Object(error) as object)) return true;
  return NO_CONNECTION.has(String(asObject(asObject(error)['cause'])['code']));
}

/** Whether a client's error, or the one that it wraps, is of a connection that was never made. */
function isUnsent(error: unknown): boolean {
  return [error, asObject(error)['cause']].some((each) => {
    const { errors } = asObject(each);
    // Node has tried each address of a host.
    const all: readonly unknown[] = Array.isArray(errors) && errors.length > 0 ? errors : [each];
    return all.every((one) => CONNECTING.has(String(asObject(one)['syscall'])));
  });
}

/** A 2xx response with an unusable body; another attempt may succeed. */
export function malformedResponse(call: string): ImgwireError {
  return new ImgwireError('UPSTREAM_UNAVAILABLE', {
    cause: new Error(`${call} responded with a body that is not the JSON it promises`),
  });
}

/**
 * RFC 9110, section 10.2.3: seconds, or an HTTP date, which begins with a day. Returns whole seconds; undefined for anything
 * else.
 */
function parseRetryAfter(header: string | undefined): number | undefined {
  const value = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value));
  const seconds = /^[a-z]{3,9},? /i.test(value) ? (Date.parse(value) - Date.now()) / 1000 : Number.NaN;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

/** Imgwire's `detail` is a text (domain errors) or a list of `{loc, msg}` (validation); proxies send HTML, or nothing. */
function textOf(body: unknown): string {
  const { detail = body ?? '' } = asObject(body);
  const parts = Array.isArray(detail) ? detail : [detail];
  return parts
    .map((part) => {
      const { loc, msg } = asObject(part);
      if (msg) return `${Array.isArray(loc) ? loc.join('.') : ''} ${String(msg)}`;
      return typeof part === 'string' ? part : String(JSON.stringify(part));
    })
    .join('; ');
}

// A presigned URL is a secret until it expires, and upstream texts quote what they were sent.
const withoutUrls = (text: string): string =>
  text.replace(/https?:\/\/[^\s"'<>]+/gi, '[url]').replace(/\b(Bearer\s+|sk_|ck_)[\w.-]+/g, '$1[redacted]');

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
