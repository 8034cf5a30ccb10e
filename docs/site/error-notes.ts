import type { ImgwireErrorCode } from '@imgwire/core';

/** Of a code: when it comes, what to do about it, and the options that it has to do with. */
type ErrorNote = readonly [when: string, todo: string, ...options: string[]];

const URL_RULES = 'Show the message to whoever gave the URL. The server decides what it takes.';

/** What the page of each code says besides its status and its message. */
export const ERROR_NOTES: Readonly<Record<ImgwireErrorCode, ErrorNote>> = {
  BODY_ALREADY_READ: [
    'Something in front of the upload route, such as a body parser, has read the request.',
    'Leave out what reads bodies in front of it, such as multer and `express.raw()`, or keep the bytes as `rawBody`.',
  ],
  CLIENT_ABORTED: [
    'The client closed its connection during the upload. Its images are rolled back.',
    'Nothing: nobody is left to read the response. Many of them hint at a slow network.',
  ],
  RESPONSE_ENDED: [
    'Your application responded while the upload was running, by a timeout for example.',
    'Respond after the upload. Only subscribers of the events see this code.',
  ],
  CLIENT_STALLED: ['No byte arrived for too long.', 'Let the user try again.', 'stallTimeoutMs'],
  CLIENT_TOO_SLOW: [
    'Bytes arrive, but too few of them each second.',
    'Let the user try again over a faster connection, or lower the rate.',
    'minBytesPerSecond',
  ],
  TOO_MANY_UPLOADS: [
    'A file waited for a slot, and none was free in time, or the process can open no more files.',
    'Try again later. If it happens often, allow more at once, or start more processes.',
    'maxConcurrentUploads',
    'queueTimeoutMs',
  ],
  SHUTTING_DOWN: [
    'The instance is closing, and takes no new uploads.',
    'Try again: another process takes it.',
    'closeTimeoutMs',
  ],
  UNAUTHORIZED: ['The client is not signed in.', 'Sign in, and send the request again.', 'authorize'],
  FORBIDDEN: [
    'Your `authorize` did not return true. What is no boolean, such as a user, is logged.',
    'Check who is signed in. Return true or false.',
    'authorize',
  ],
  AUTHORIZATION_UNAVAILABLE: [
    'Your `authorize` failed, or took too long.',
    'Look at the `cause` in the log.',
    'authorize',
    'authorizeTimeoutMs',
  ],
  CROSS_SITE_REQUEST: [
    'A browser sent the request from a page of another site.',
    'If that page is yours, allow its origin.',
    'allowedOrigins',
  ],
  METHOD_NOT_ALLOWED: ['An endpoint got something else than POST.', 'Send POST.'],
  INVALID_REQUEST: [
    'An endpoint got a body or a header that it cannot read.',
    'Send it as the client of that endpoint does: `@imgwire/client`, for direct uploads.',
  ],
  TICKET_INVALID: [
    'The ticket of a direct upload was changed, is of another user, or was signed with another secret.',
    'Begin the upload again. Use the same secret in every process.',
    'ticketSecret',
    'subject',
  ],
  TICKET_EXPIRED: [
    'A direct upload was completed after its ticket expired, or after it was cancelled.',
    'Begin the upload again.',
    'ticketTtlMs',
  ],
  COMPLETION_FAILED: [
    'Your `onStored` failed, or took too long.',
    'Look at the `cause` in the log. The client may complete it again.',
    'onStored',
    'onStoredTimeoutMs',
  ],
  RATE_LIMITED: [
    'Your `rateLimit` did not return true, or one subject has too many direct uploads that are not complete.',
    'Wait for the seconds in `Retry-After`, then try again.',
    'rateLimit',
    'maxPending',
  ],
  SOURCE_FAILED: [
    'A stream or a file that your code passed could not be read.',
    'Look at the `cause`: the path, or the error of the stream.',
    'file',
  ],
  URL_INVALID: ['The body of an upload via URL is not JSON with one absolute URL.', URL_RULES],
  URL_TOO_LONG: ['The URL has too many characters.', URL_RULES, 'maxUrlLength'],
  URL_SCHEME_NOT_ALLOWED: ['The URL is not https.', URL_RULES],
  URL_CREDENTIALS_NOT_ALLOWED: ['The URL has a user name or a password.', URL_RULES],
  URL_IP_ADDRESS_NOT_ALLOWED: ['The URL names an IP address.', URL_RULES],
  URL_PRIVATE_HOST_NOT_ALLOWED: ['The host is not a public one.', URL_RULES],
  URL_PORT_NOT_ALLOWED: ['The URL names a port.', URL_RULES],
  URL_HOST_NOT_ALLOWED: ['The host is not in your list.', URL_RULES, 'allowedHosts'],
  URL_IN_QUERY_NOT_ALLOWED: ['The query has another URL, to which the host might redirect.', URL_RULES],
  URL_FETCH_FAILED: [
    'Imgwire could not fetch the URL, or what is there is no image.',
    'Open the URL without being signed in. If it works, try again.',
  ],
  NOT_MULTIPART: [
    'The route needs a form, and the request is none.',
    'Send `multipart/form-data`, and let the client set the header with its boundary.',
    'required',
  ],
  NOT_AN_IMAGE_BODY: [
    'The route takes an image as its body, and got a form or a text.',
    'Send the bytes of the image, with its own Content-Type.',
  ],
  UNSUPPORTED_CONTENT_ENCODING: [
    'The request has a Content-Encoding, such as gzip.',
    'Send it without: images are compressed already.',
  ],
  UNSUPPORTED_TRANSFER_ENCODING: [
    'The request has a transfer coding that is not `chunked`.',
    'Send it chunked, or with a Content-Length.',
  ],
  UNSUPPORTED_CONTENT_RANGE: ['The request is a piece of a file.', 'Send the whole file in one request.'],
  MALFORMED_MULTIPART: [
    'The form breaks the rules of multipart, or ends too early.',
    'Use the form encoder of the client, and set no Content-Type of your own.',
  ],
  LIMIT_PART_COUNT: ['The form has more parts than the limit.', 'Send fewer, or raise it.', 'limits.parts'],
  LIMIT_REQUEST_SIZE: [
    'The request has more bytes than the limit.',
    'Send less in one request, or raise it.',
    'limits.requestSize',
  ],
  LIMIT_FILE_SIZE: [
    'A file has more bytes than the limit. The upload is cancelled at that byte.',
    'Send a smaller file, or raise the limit, for the route or for one field.',
    'limits.fileSize',
  ],
  LIMIT_FILE_COUNT: ['The form has more files than the limit.', 'Send fewer, or raise it.', 'limits.files'],
  LIMIT_FIELD_KEY: [
    'A field name has more bytes than the limit.',
    'Shorten it, or raise the limit.',
    'limits.fieldNameSize',
  ],
  LIMIT_FIELD_VALUE: [
    'The text of a field has more bytes than the limit.',
    'Shorten it, or raise the limit.',
    'limits.fieldSize',
  ],
  LIMIT_FIELD_COUNT: [
    'The form has more text fields than the limit.',
    'Send fewer, or raise it.',
    'limits.fields',
  ],
  LIMIT_UNEXPECTED_FILE: [
    'A file is in a field that the route does not name, or has more of them than `maxCount`.',
    'Compare the field name of the client with that of the route: `single("avatar")` takes only `avatar`.',
    'fields',
    'maxCount',
  ],
  LIMIT_FIELD_NESTING: [
    'A field name such as `a[b][c]` has too many brackets.',
    'Use fewer, or raise the limit.',
    'limits.fieldNestingDepth',
  ],
  LIMIT_FIELD_ARRAY_INDEX: [
    'A field name such as `a[1000]` has too large an index.',
    'Use `a[]`, or raise the limit.',
    'limits.fieldArrayIndexLimit',
  ],
  MISSING_FIELD_NAME: ['A part has no `name`.', 'Give every field of the form a name.'],
  INVALID_FIELD_NAME: [
    'A field name cannot be a key of an object, such as `__proto__`, or two of them clash.',
    'Rename the field.',
  ],
  FILE_REQUIRED: [
    'The route requires a file, and none came in its field. An `<input type="file">` may be empty.',
    'Choose a file, or do not require one.',
    'required',
  ],
  INVALID_FORM: [
    'The schema of the form rejected its text fields. `issues` says which, and why.',
    'Show each issue at its field.',
    'form',
  ],
  INVALID_METADATA: [
    'What your `metadata` returned, or the client sent for it, cannot be stored.',
    'Return a flat object of strings, numbers and booleans.',
    'metadata',
    'customMetadata',
  ],
  EMPTY_FILE: ['A file has no bytes.', 'Choose another file. A copy may have failed.'],
  UNSUPPORTED_IMAGE_TYPE: [
    'The first bytes of the file are not those of an accepted type. Its name and its Content-Type do not count.',
    'Send another format, or accept this one.',
    'accept',
  ],
  TOO_MANY_PIXELS: [
    'Width times height of the largest image in the file is above the limit.',
    'Send a smaller image, or raise it.',
    'maxPixels',
  ],
  SCAN_REFUSED: [
    'Your `scan` did not return true. What is no boolean and no text is logged.',
    'Nothing, if the verdict is right.',
    'scan',
  ],
  SCAN_FAILED: ['Your `scan` failed, or took too long.', 'Look at its `cause`.', 'scan', 'scanTimeoutMs'],
  IMAGE_TOO_SMALL: [
    'The image is narrower or lower than you allow.',
    'Send a larger image.',
    'minWidth',
    'minHeight',
  ],
  PIXELS_UNKNOWN: [
    'The header of the image does not say its dimensions, or is damaged, and a limit needs them.',
    'Save the image again, or in another format.',
    'maxPixels',
    'minWidth',
  ],
  LENGTH_REQUIRED: [
    'The exact length of a file cannot be found before it is sent, and no copy may be made.',
    'Send the file last in its form with a Content-Length, or allow replay copies.',
    'replay',
    'readAheadBytes',
  ],
  LENGTH_MISMATCH: [
    'A file ended before, or went on after, the length that was declared for it.',
    'Let the client work out the length, or leave it out.',
    'contentLength',
  ],
  IMAGE_NOT_FOUND: ['No image has this id, or the id cannot be one.', 'Look the id up where you stored it.'],
  UPSTREAM_REJECTED: [
    'Imgwire rejected what we sent: the key, or the metadata.',
    'Look at `upstreamStatus` in the log: 401 is about the key, or about the URL where it is valid. A retry does not help.',
    'apiKey',
    'baseUrl',
  ],
  ACCOUNT_LIMIT_REACHED: [
    'The plan, the quota or the number of PENDING records of your account is used up.',
    'Pay for the plan, delete images, or delete the records that are PENDING.',
  ],
  UPSTREAM_UNAVAILABLE: [
    'Imgwire or its object storage could not be reached, or failed at every attempt.',
    'Look at the `cause`. `ECONNREFUSED` on your machine: the emulator is not running. Else try again later.',
    'maxAttempts',
    'dispatcher',
    'connectTimeoutMs',
  ],
  UPSTREAM_TIMEOUT: [
    'A call or a PUT took too long at every attempt.',
    'Try again later. If your network is slow, raise the timeouts.',
    'requestTimeoutMs',
    'putIdleTimeoutMs',
  ],
  IMAGE_NOT_READY: [
    'The image is stored, and Imgwire did not finish processing it in time.',
    'Wait longer, or show it later.',
    'waitUntilReady',
  ],
  DOWNLOAD_NOT_FOUND: ['No download job has this id.', 'Create a new job.'],
  DOWNLOAD_NOT_READY: ['A download job took too long.', 'Wait for it again.', 'timeoutMs'],
  DOWNLOAD_FAILED: ['A download job failed at Imgwire.', 'Create a new job.'],
  IMAGE_QUARANTINED: [
    'Imgwire holds the image back. Its record may stay, under an `idempotencyKey` of yours: see `imageId`.',
    'Send another image.',
    'idempotencyKey',
  ],
  TEMPORARY_FILE_FAILED: [
    'The temporary folder is full, or cannot be written, and the file needs it.',
    'Free some space, or point TMPDIR at another folder.',
    'replay',
    'maxReplayBytes',
  ],
};
