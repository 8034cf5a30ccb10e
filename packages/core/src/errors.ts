import { problemType } from './problem-type.ts';

/**
 * Every way in which a call can fail: its HTTP status, and a message that is safe to show.
 *
 * The `LIMIT_*`, `MISSING_FIELD_NAME` and `INVALID_FIELD_NAME` codes are multer's own. 499 is nginx's "client closed
 * request": only access logs see it. `RESPONSE_ENDED` is seen only by subscribers of the events.
 */
const ERRORS = {
  BODY_ALREADY_READ: [
    500,
    'The request body was read before the upload could read it: leave out what reads it first, such as multer, or keep the bytes as rawBody.',
  ],
  CLIENT_ABORTED: [499, 'The client closed the request before the upload was complete.'],
  RESPONSE_ENDED: [503, 'A response was sent before the upload was complete.'],
  CLIENT_STALLED: [408, 'The upload stopped for too long. Try again.'],
  CLIENT_TOO_SLOW: [408, 'The upload was too slow. Try again over a faster connection.'],
  TOO_MANY_UPLOADS: [503, 'Too many uploads are running. Try again later.'],
  SHUTTING_DOWN: [503, 'The server is shutting down. Try again.'],
  UNAUTHORIZED: [401, 'Sign in before uploading.'],
  FORBIDDEN: [403, 'You may not upload here.'],
  AUTHORIZATION_UNAVAILABLE: [503, 'We could not check whether you may upload. Try again later.'],
  CROSS_SITE_REQUEST: [403, 'Requests from other sites are not allowed here.'],
  METHOD_NOT_ALLOWED: [405, 'Use POST.'],
  INVALID_REQUEST: [400, 'The request cannot be read. Send it as the client of this endpoint does.'],
  TICKET_INVALID: [403, 'This upload is not yours, or was begun somewhere else. Start again.'],
  TICKET_EXPIRED: [410, 'The upload took too long, or was cancelled. Start again.'],
  COMPLETION_FAILED: [500, 'The image was stored, but could not be saved here. Try again.'],
  RATE_LIMITED: [429, 'Too many requests. Try again later.'],
  SOURCE_FAILED: [500, 'The file could not be read.'],
  URL_INVALID: [400, 'Send { "url": "https://…" } as application/json, with one absolute URL.'],
  URL_TOO_LONG: [400, 'The URL is too long.'],
  URL_SCHEME_NOT_ALLOWED: [400, 'The URL must begin with https://.'],
  URL_CREDENTIALS_NOT_ALLOWED: [400, 'The URL must not contain a user name or a password.'],
  URL_IP_ADDRESS_NOT_ALLOWED: [400, 'The URL must name a host, not an IP address.'],
  URL_PRIVATE_HOST_NOT_ALLOWED: [400, 'The URL must name a public host.'],
  URL_PORT_NOT_ALLOWED: [400, 'The URL must not name that port.'],
  URL_HOST_NOT_ALLOWED: [400, 'Images from that host are not allowed.'],
  URL_IN_QUERY_NOT_ALLOWED: [400, 'The URL must not contain another URL in its query.'],
  URL_FETCH_FAILED: [422, 'No image could be fetched from that URL.'],
  NOT_MULTIPART: [415, 'Send the file as multipart/form-data.'],
  NOT_AN_IMAGE_BODY: [
    415,
    'Send the image itself as the body, not in a form, with its Content-Type or application/octet-stream.',
  ],
  UNSUPPORTED_CONTENT_ENCODING: [
    415,
    'The request is compressed or encoded. Send it as it is, without Content-Encoding.',
  ],
  UNSUPPORTED_TRANSFER_ENCODING: [
    501,
    'The request has an unknown transfer coding. Send it chunked, or with a Content-Length.',
  ],
  UNSUPPORTED_CONTENT_RANGE: [
    400,
    'The request is a piece of a file (Content-Range). Send the whole file in one request.',
  ],
  MALFORMED_MULTIPART: [400, 'The form cannot be read, or is incomplete.'],
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
  INVALID_FORM: [422, 'The fields of the form are not valid.'],
  INVALID_METADATA: [400, 'The metadata of the image is not valid.'],
  EMPTY_FILE: [400, 'The file is empty.'],
  UNSUPPORTED_IMAGE_TYPE: [415, 'The file is not an image of an accepted type.'],
  TOO_MANY_PIXELS: [413, 'The image has too many pixels.'],
  SCAN_REFUSED: [422, 'The file was rejected by a scan of its content.'],
  SCAN_FAILED: [503, 'The file could not be scanned. Try again later.'],
  IMAGE_TOO_SMALL: [422, 'The image has too few pixels.'],
  PIXELS_UNKNOWN: [415, 'The image dimensions cannot be read. Save it again or in another format.'],
  LENGTH_REQUIRED: [
    411,
    'The size of the file is not known in advance. Send it last in its form, or as a body with a Content-Length, or send a smaller file.',
  ],
  LENGTH_MISMATCH: [400, 'The file did not have the length that was declared for it.'],
  IMAGE_NOT_FOUND: [404, 'There is no such image.'],
  UPSTREAM_REJECTED: [502, 'The image service rejected the upload.'],
  ACCOUNT_LIMIT_REACHED: [503, 'The image service takes no more uploads at present. Try again later.'],
  UPSTREAM_UNAVAILABLE: [503, 'The image service is not available. Try again later.'],
  UPSTREAM_TIMEOUT: [504, 'The image service did not respond in time. Try again later.'],
  IMAGE_NOT_READY: [504, 'The image was stored, but was not ready in time.'],
  DOWNLOAD_NOT_FOUND: [404, 'There is no such download job.'],
  DOWNLOAD_NOT_READY: [504, 'The download was not ready in time. Try again later.'],
  DOWNLOAD_FAILED: [502, 'The image service could not make the download.'],
  IMAGE_QUARANTINED: [422, 'The image service has quarantined the image.'],
  TEMPORARY_FILE_FAILED: [500, 'The upload could not be written to a temporary file.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

/** Reason phrases (RFC 9110, section 15; RFC 6585 for 429). Not `STATUS_CODES` of `node:http`, which is not in every runtime. */
const TITLES: Readonly<Record<(typeof ERRORS)[ImgwireErrorCode][0], string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  410: 'Gone',
  411: 'Length Required',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** The codes of an {@link ImgwireError}: a closed set. A code never changes its meaning or its status. */
export type ImgwireErrorCode = keyof typeof ERRORS;

/** Every code, for your tables and tests. */
export const IMGWIRE_ERROR_CODES: readonly ImgwireErrorCode[] = Object.keys(ERRORS) as ImgwireErrorCode[];

/** What is wrong with a text field of a form, by its schema. */
export interface FormIssue {
  /** The keys that lead to the text: `['tags', 0]` for the first of `tags[]`. Empty for the form as a whole. */
  readonly path: readonly (string | number)[];
  /** The message of the schema. */
  readonly message: string;
}

/** Details of an {@link ImgwireError} besides its code. */
export interface ImgwireErrorDetails {
  /** The message, instead of the code's own. Clients see it, so it has no key, token or presigned URL. */
  readonly message?: string | undefined;
  /** The form field that failed. */
  readonly field?: string | undefined;
  /** The client's name of the file that failed. */
  readonly fileName?: string | undefined;
  /** After how many seconds to retry. Adapters send it as `Retry-After` (RFC 9110, section 10.2.3). */
  readonly retryAfter?: number | undefined;
  /** What is wrong with the text fields of the form: the first 100 issues. Clients see them. */
  readonly issues?: readonly FormIssue[] | undefined;
  /** The record that is left at Imgwire: a quarantined upload via URL under your own `idempotencyKey`. */
  readonly imageId?: string | undefined;
  /** The status with which Imgwire or its object storage responded. */
  readonly upstreamStatus?: number | undefined;
  /** The `error_type` in Imgwire's response, such as `PaymentRequiredError`. */
  readonly upstreamType?: string | undefined;
  /** The reason, for your log. It is never sent to the client. */
  readonly cause?: unknown;
}

/** A failure as RFC 9457 problem details, `application/problem+json`. */
export interface ProblemDetails {
  /**
   * The address of the page about the code, below IMGWIRE_DOCS of the environment or the homepage of the package. Where neither is
   * known it is absent, which means `about:blank`.
   */
  readonly type?: string;
  /** The phrase of the status, with a `type` and without. */
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ImgwireErrorCode;
  readonly field?: string;
  readonly fileName?: string;
  readonly retryAfter?: number;
  readonly issues?: readonly FormIssue[];
}

// Two copies of this package can be loaded in one process (esm and cjs): a registered symbol is the same in both.
const BRAND = Symbol.for('imgwire.uploadError');

/**
 * The one error of this package. Its `message` is safe to show to clients, its `cause` is for your log.
 *
 * It has both `status` and `statusCode`: Express's finalhandler reads the first, and Nest's exception filter the second.
 */
export class ImgwireError extends Error {
  override readonly name = 'ImgwireError';
  readonly code: ImgwireErrorCode;
  readonly status: number;
  readonly statusCode: number;
  declare readonly field?: string;
  declare readonly fileName?: string;
  declare readonly retryAfter?: number;
  declare readonly issues?: readonly FormIssue[];
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
    const type = problemType(this.code);
    return {
      ...(type && { type }),
      title: TITLES[ERRORS[this.code][0]],
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(this.field !== undefined && { field: this.field }),
      ...(this.fileName !== undefined && { fileName: this.fileName }),
      ...(this.retryAfter !== undefined && { retryAfter: this.retryAfter }),
      ...(this.issues !== undefined && { issues: this.issues }),
    };
  }
}

/** Whether `value` is an {@link ImgwireError}, also one from another copy of this package. */
export function isImgwireError(value: unknown): value is ImgwireError {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/**
 * Converts an error of multer to an {@link ImgwireError}. Returns one of ours as it is, and undefined for anything else. We know
 * multer's errors by name and code, since there may be two copies of multer.
 */
export function toImgwireError(error: unknown): ImgwireError | undefined {
  if (isImgwireError(error)) return error;
  const { name: kind, code, field } = Object(error) as { name?: unknown; code?: unknown; field?: string };
  if (kind !== 'MulterError') return undefined;
  const known = IMGWIRE_ERROR_CODES.find((name) => name === code);
  return known && new ImgwireError(known, { field, cause: error });
}

/**
 * Whether an error of a stream is for the client. The owner of the stream has then ended it for a limit of its own. Its error has
 * a 4xx status, as those of http-errors, SvelteKit and graphql-upload do.
 */
export function isForClient(error: unknown): boolean {
  if (isImgwireError(error)) return true;
  const { status, statusCode = status } = Object(error) as { status?: unknown; statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
}

/** What a callback has thrown, as an error: to frameworks a text or nothing is a response, or none, or the name of a route. */
export function asError(thrown: unknown): object {
  return typeof thrown === 'object' && thrown !== null
    ? thrown
    : new Error('A callback failed without an error.', { cause: thrown });
}
