import { messageOf } from '../base/across-realms.ts';
import {
  type ImgwireErrorCode,
  type ImgwireErrorDetails,
  ImgwireUploadError,
  isImgwireUploadError,
} from '../base/errors.ts';

/** What Imgwire or its store answered when it was not a success. */
export interface RefusedAnswer {
  /** Which call, without query or host: `POST /api/v1/images/token`. */
  readonly call: string;
  readonly status: number;
  /** The parsed JSON body, or the raw text. */
  readonly body: unknown;
  /** The `Retry-After` header. */
  readonly retryAfter?: string | undefined;
  /** What 404 and 422 mean of a call that says no more than ids. @default `UPSTREAM_REJECTED` */
  readonly missing?: ImgwireErrorCode | undefined;
  /** The key that the call was made with: whatever it looks like, a text that quotes it must not carry it into a log. */
  readonly apiKey?: string | undefined;
}

/** 408, 429 and 5xx can pass; every other refusal is final. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

function codeOf({ status, missing = 'UPSTREAM_REJECTED' }: RefusedAnswer): ImgwireErrorCode {
  if (isPassing(status)) return 'UPSTREAM_UNAVAILABLE';
  // 422 is for what is no UUID.
  return status === 404 || status === 422 ? missing : 'UPSTREAM_REJECTED';
}

/** Turns a refusal of the service into our error; what it said goes into `cause`. */
export function refusal(answer: RefusedAnswer): ImgwireUploadError {
  const { call, status, body, apiKey } = answer;
  const { error_type: type } = asObject(body);
  const withoutKey = (text: string): string => (apiKey ? text.replaceAll(apiKey, '[redacted]') : text);
  const said = withoutUrls(withoutKey(textOf(body))).slice(0, 500);
  return new ImgwireUploadError(codeOf(answer), {
    upstreamStatus: status,
    upstreamType: typeof type === 'string' ? withoutKey(type) : undefined,
    retryAfter: parseRetryAfter(answer.retryAfter),
    cause: new Error(`${call} answered ${status}${said && `: ${said}`}`),
  });
}

/** Passes over the refusal of a delete whose image is not there. @throws every other error */
export function unlessGone(error: unknown): void {
  if (!isImgwireUploadError(error) || error.upstreamStatus !== 404) throw error;
}

// undici's and Node's codes for an answer that did not come in time; any other failure is a broken connection.
const TIMEOUTS = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

/**
 * Turns what a client threw into our error. The cause is a copy with message and code only: the original may hold the
 * request, and with it the key or the presigned URL (the official SDK's `HttpError` does).
 */
export function connectionError(call: string, error: unknown): ImgwireUploadError {
  if (isImgwireUploadError(error)) return error;
  const { code } = asObject(error);
  const message = withoutUrls(messageOf(error) ?? 'unknown error');
  const details: ImgwireErrorDetails = {
    cause: Object.assign(new Error(`${call}: ${message}`), typeof code === 'string' && { code }),
  };
  return new ImgwireUploadError(
    TIMEOUTS.has(String(code)) ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNAVAILABLE',
    details,
  );
}

/** An answer that says success and cannot be used; another attempt may bring a whole one. */
export function unusableAnswer(call: string): ImgwireUploadError {
  return new ImgwireUploadError('UPSTREAM_UNAVAILABLE', {
    cause: new Error(`${call} answered with a body that is not the JSON it promises`),
  });
}

/** RFC 9110, section 10.2.3: seconds, or an HTTP date. Answers whole seconds. */
function parseRetryAfter(value: string | undefined): number | undefined {
  if (!value) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

/** Imgwire's `detail` is a text (domain errors) or a list of `{loc, msg}` (validation); proxies answer HTML, or nothing. */
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
