import { STATUS_CODES } from 'node:http';

/**
 * Every way an upload can fail: its HTTP status, and a message that is safe to show.
 *
 * The `LIMIT_*`, `MISSING_FIELD_NAME` and `INVALID_FIELD_NAME` codes are multer's own. 499 is nginx's "client closed
 * request": only access logs see it. `RESPONSE_ENDED` is seen only by subscribers of the events.
 */
const ERRORS = {
  BODY_ALREADY_READ: [
    500,
    'The request body was read before the upload middleware saw it; put the upload middleware first, or keep the bytes as rawBody.',
  ],
  CLIENT_ABORTED: [499, 'The client closed the request before the upload was complete.'],
  RESPONSE_ENDED: [503, 'The request was answered before its upload was complete.'],
  CLIENT_STALLED: [408, 'No data arrived from the client for too long; send the request again.'],
  CLIENT_TOO_SLOW: [408, 'The data arrived too slowly; send the request again over a faster connection.'],
  TOO_MANY_UPLOADS: [503, 'Too many uploads are under way; try again later.'],
  SHUTTING_DOWN: [503, 'The server is shutting down; send the request again.'],
  UNAUTHORIZED: [401, 'Sign in before uploading.'],
  FORBIDDEN: [403, 'You may not upload here.'],
  AUTHORIZATION_UNAVAILABLE: [503, 'It could not be decided whether you may upload; try again later.'],
  CROSS_SITE_REQUEST: [403, 'This endpoint does not answer requests from other sites.'],
  METHOD_NOT_ALLOWED: [405, 'Use POST.'],
  RATE_LIMITED: [429, 'Too many requests; try again later.'],
  SOURCE_FAILED: [500, 'The file could not be read.'],
  URL_INVALID: [400, 'Send { "url": "https://…" } as application/json, with one absolute URL.'],
  URL_TOO_LONG: [400, 'The URL is too long.'],
  URL_SCHEME_NOT_ALLOWED: [400, 'The URL must begin with https://.'],
  URL_CREDENTIALS_NOT_ALLOWED: [400, 'The URL must not hold a user name or a password.'],
  URL_IP_ADDRESS_NOT_ALLOWED: [400, 'The URL must name a host, not an IP address.'],
  URL_PRIVATE_HOST_NOT_ALLOWED: [400, 'The URL must name a public host.'],
  URL_PORT_NOT_ALLOWED: [400, 'The URL must not name that port.'],
  URL_HOST_NOT_ALLOWED: [400, 'Images cannot be imported from that host.'],
  URL_IN_QUERY_NOT_ALLOWED: [400, 'The URL must not hold another URL in its query.'],
  URL_FETCH_FAILED: [422, 'No image could be fetched from that URL.'],
  NOT_MULTIPART: [415, 'Send the file as multipart/form-data.'],
  UNSUPPORTED_CONTENT_ENCODING: [
    415,
    'The request is compressed or encoded; send the form as it is, without Content-Encoding.',
  ],
  UNSUPPORTED_TRANSFER_ENCODING: [
    501,
    'The request has a transfer coding that is not known; send it chunked, or with a Content-Length.',
  ],
  UNSUPPORTED_CONTENT_RANGE: [
    400,
    'The request is a piece of a file (Content-Range); send the whole file in one form.',
  ],
  MALFORMED_MULTIPART: [400, 'The multipart/form-data body is malformed or ended early.'],
  LIMIT_PART_COUNT: [413, 'The form has too many parts.'],
  LIMIT_REQUEST_SIZE: [413, 'The request is too large.'],
  LIMIT_FILE_SIZE: [413, 'The file is too large.'],
  LIMIT_FILE_COUNT: [413, 'The form has too many files.'],
  LIMIT_FIELD_KEY: [400, 'A field name is too long.'],
  LIMIT_FIELD_VALUE: [413, 'A field value is too long.'],
  LIMIT_FIELD_COUNT: [413, 'The form has too many fields.'],
  LIMIT_UNEXPECTED_FILE: [400, 'A file was sent in a field that takes none, or no more.'],
  LIMIT_FIELD_NESTING: [400, 'A field name is nested too deeply.'],
  LIMIT_FIELD_ARRAY_INDEX: [400, 'An array index in a field name is too large.'],
  MISSING_FIELD_NAME: [400, 'A part of the form has no field name.'],
  INVALID_FIELD_NAME: [400, 'A field name cannot be used.'],
  FILE_REQUIRED: [400, 'A required file is missing from the form.'],
  INVALID_METADATA: [400, 'The image cannot be labelled with what was sent.'],
  EMPTY_FILE: [400, 'The file is empty.'],
  UNSUPPORTED_IMAGE_TYPE: [415, 'The file is not an image of an accepted type.'],
  TOO_MANY_PIXELS: [413, 'The image has too many pixels.'],
  PIXELS_UNKNOWN: [
    415,
    'How large the image is cannot be told from the file; save it again, or in another format, and send that.',
  ],
  LENGTH_REQUIRED: [
    411,
    'The length of the file cannot be known before it has ended; send it as the last part of a form that has a Content-Length, and ends with one line end (CRLF) behind its last boundary.',
  ],
  LENGTH_MISMATCH: [400, 'The file did not have the length that was declared for it.'],
  IMAGE_NOT_FOUND: [404, 'There is no such image.'],
  UPSTREAM_REJECTED: [502, 'The image service rejected the upload.'],
  UPSTREAM_UNAVAILABLE: [503, 'The image service is not available; try again later.'],
  UPSTREAM_TIMEOUT: [504, 'The image service did not answer in time; try again later.'],
  IMAGE_NOT_READY: [504, 'The image was stored, but was not ready in time.'],
  DOWNLOAD_NOT_FOUND: [404, 'There is no such download job.'],
  DOWNLOAD_NOT_READY: [504, 'The download was not ready in time; try again later.'],
  DOWNLOAD_FAILED: [502, 'The image service could not make the download.'],
  IMAGE_QUARANTINED: [422, 'The image service put the image into quarantine.'],
  TEMPORARY_FILE_FAILED: [500, 'The upload could not be kept in a temporary file.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

/** The closed set of codes of an {@link ImgwireError}. A code never changes its meaning or its status. */
export type ImgwireErrorCode = keyof typeof ERRORS;

/** Every code, for exhaustive tables and tests. */
export const IMGWIRE_ERROR_CODES: readonly ImgwireErrorCode[] = Object.keys(ERRORS) as ImgwireErrorCode[];

/** The HTTP status of a code. */
export function statusOf(code: ImgwireErrorCode): number {
  return ERRORS[code][0];
}

/** Details of an {@link ImgwireError} besides its code. */
export interface ImgwireErrorDetails {
  /** Replaces the code's message. Clients see it: no key, token or presigned URL. */
  readonly message?: string | undefined;
  /** The form field that failed. */
  readonly field?: string | undefined;
  /** The client's name of the file that failed. */
  readonly fileName?: string | undefined;
  /** Seconds after which to retry; adapters send it as `Retry-After` (RFC 9110, section 10.2.3). */
  readonly retryAfter?: number | undefined;
  /** The record that is left at Imgwire: of an import under your own `idempotencyKey` that is in quarantine. */
  readonly imageId?: string | undefined;
  /** The status of the response of Imgwire or its store. */
  readonly upstreamStatus?: number | undefined;
  /** The `error_type` of Imgwire's response, such as `PaymentRequiredError`. */
  readonly upstreamType?: string | undefined;
  /** The reason, for the log: never sent to the client. */
  readonly cause?: unknown;
}

/** A failure as RFC 9457 problem details, `application/problem+json`. `type` is absent, so it is `about:blank`. */
export interface ProblemDetails {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ImgwireErrorCode;
  readonly field?: string;
  readonly fileName?: string;
  readonly retryAfter?: number;
}

// Two copies of this package can be loaded in one process (esm and cjs): a registered symbol is the same in both.
const BRAND = Symbol.for('imgwire.uploadError');

/**
 * The one error of this package. `message` is safe to show to clients; `cause` is for the log.
 *
 * It has both `status` and `statusCode` because Express's finalhandler reads the first and Nest's exception filter
 * the second.
 */
export class ImgwireError extends Error {
  override readonly name = 'ImgwireError';
  readonly code: ImgwireErrorCode;
  readonly status: number;
  readonly statusCode: number;
  declare readonly field?: string;
  declare readonly fileName?: string;
  declare readonly retryAfter?: number;
  declare readonly imageId?: string;
  declare readonly upstreamStatus?: number;
  declare readonly upstreamType?: string;

  constructor(code: ImgwireErrorCode, details: ImgwireErrorDetails = {}) {
    const { message = ERRORS[code][1], cause, ...rest } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = this.statusCode = ERRORS[code][0];
    for (const [key, value] of Object.entries(rest)) {
      if (value !== undefined) Object.assign(this, { [key]: value });
    }
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Response headers, under http-errors' name, so that Express's own error handler sends them too. */
  get headers(): Record<string, string> {
    return {
      // What would be accepted (RFC 9110, section 15.5.16): no coding.
      ...(this.code === 'UNSUPPORTED_CONTENT_ENCODING' && { 'Accept-Encoding': 'identity' }),
      ...(this.retryAfter !== undefined && { 'Retry-After': String(this.retryAfter) }),
    };
  }

  /** The failure as RFC 9457 problem details, without `cause`. */
  toJSON(): ProblemDetails {
    return {
      title: STATUS_CODES[this.status] ?? 'Client Closed Request',
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(this.field !== undefined && { field: this.field }),
      ...(this.fileName !== undefined && { fileName: this.fileName }),
      ...(this.retryAfter !== undefined && { retryAfter: this.retryAfter }),
    };
  }
}

/** Whether `value` is an {@link ImgwireError}, also one from another copy of this package. */
export function isImgwireError(value: unknown): value is ImgwireError {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/**
 * Returns an {@link ImgwireError} for an error of multer or of this package, undefined for anything else. multer's
 * errors are recognised by name and code, since there may be two copies of multer.
 */
export function toImgwireError(error: unknown): ImgwireError | undefined {
  if (isImgwireError(error)) return error;
  const { name: kind, code, field } = Object(error) as { name?: unknown; code?: unknown; field?: string };
  if (kind !== 'MulterError') return undefined;
  const known = IMGWIRE_ERROR_CODES.find((name) => name === code);
  return known && new ImgwireError(known, { field, cause: error });
}

/**
 * Whether an error of a stream is for the client: whoever owns the bytes has given up on them, for a limit of its own, and says
 * with which status to respond (as http-errors, SvelteKit and graphql-upload do).
 */
export function isForClient(error: unknown): boolean {
  if (isImgwireError(error)) return true;
  const { status, statusCode = status } = Object(error) as { status?: unknown; statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
}
