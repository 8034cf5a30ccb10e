// What runs where there is no Node: fetch and WebCrypto, nothing else. Its build has runtime-edge.ts in the place of runtime.ts, and
// fails if anything of Node, or of another package, is imported.

import type { Endpoint, EndpointRequest } from './adapters/guarded-endpoint.ts';
import type { EdgeImgwire } from './create-edge-imgwire.ts';
import { openDirectEndpoint } from './direct/direct-endpoint.ts';
import { OF_REQUEST } from './direct/lifetime.ts';
import {
  DIRECT_CHECKS,
  type DirectUploadRules,
  TOKEN_CHECKS,
  type UploadTokenRules,
} from './direct/rules.ts';
import { openTokenEndpoint } from './direct/token-endpoint.ts';
import { misplaced } from './options/checks.ts';

/** Which files a browser may upload directly, at the edge. Nothing there counts over requests: use `rateLimit`. */
export type EdgeDirectUploadRules<Request> = Omit<DirectUploadRules<Request>, 'maxPending'>;

/** The checks of the rules at the edge, for `parseEdgeOptions()`. */
export const EDGE_CHECKS: {
  /** Of {@link EdgeDirectUploadRules}. */
  readonly direct: typeof DIRECT_CHECKS;
  /** Of `UploadTokenRules`. */
  readonly token: typeof TOKEN_CHECKS;
} = {
  direct: {
    ...DIRECT_CHECKS,
    maxPending: misplaced('nothing at the edge counts over requests: limit each subject in `rateLimit`'),
  },
  token: TOKEN_CHECKS,
};

/**
 * The endpoint of direct uploads, at the edge. It is that of `@imgwire/core/adapter`, but for what needs a process that stays:
 *
 * - A completion waits for the image for 8 seconds, then the response is 202 and the browser asks again. If the page is closed, nothing
 *   completes the upload.
 * - Two completions at once may both call `onStored`, and so may one that asks again after a 202: write it as an upsert by `image.id`.
 * - Without `notes` nothing is deleted but by `cancelled`, and images that break the rules when they are completed. With `notes` a
 *   worker in Node sweeps what is left, as `rollbackQueue().worker()` of `@imgwire/bullmq` does.
 *
 * @throws TypeError without `authorize` or `subject`, for a wrong option, and without a secret for the tickets
 */
export const directUploadEndpoint = <Request extends EndpointRequest>(
  options: EdgeDirectUploadRules<Request> & { readonly imgwire: EdgeImgwire },
): Endpoint<Request> => openDirectEndpoint(options, OF_REQUEST);

/**
 * The endpoint that issues a browser a token for one upload, at the edge, and completes it if `subject` is there. A completion
 * waits for 8 seconds, as one of {@link directUploadEndpoint}.
 *
 * @throws TypeError without `authorize`, or for a wrong option
 */
export const tokenEndpoint = <Request extends EndpointRequest>(
  options: UploadTokenRules<Request> & { readonly imgwire: EdgeImgwire },
): Endpoint<Request> => openTokenEndpoint(options, OF_REQUEST);

export type {
  Endpoint,
  EndpointExchange,
  EndpointRequest,
  EndpointRules,
} from './adapters/guarded-endpoint.ts';
export type { JsonResponse } from './adapters/json-response.ts';
export { type EdgeInstanceOptions, parseEdgeOptions } from './adapters/parse-edge-options.ts';
export type { DirectUpload, DirectUploadInput } from './calls/create-direct-upload.ts';
export {
  createEdgeImgwire as createImgwire,
  type EdgeImgwire,
  type EdgeImgwireOptions,
} from './create-edge-imgwire.ts';
export type { DirectNotes, NoteState } from './direct/notes.ts';
export { directBodyBytes } from './direct/request.ts';
export {
  assertSubject,
  assertTokenSubject,
  type CompletionRules,
  type DirectFile,
  type IssuedToken,
  type TokenImageRules,
  type UploadTokenRules,
} from './direct/rules.ts';
export {
  ImgwireError,
  type ImgwireErrorCode,
  type ImgwireErrorDetails,
  isImgwireError,
  type ProblemDetails,
} from './errors.ts';
export type { ImgwireImage } from './image/image.ts';
export { type SrcsetTransformations, srcset } from './image/srcset.ts';
export { imageUrl } from './image/url.ts';
export type { Logger } from './logger.ts';
export type { FieldRules, FileInfo, LimitOptions, Limits, UploadMetadata } from './rules/rules.ts';
export type { ImageRecord, ImageStatus, UploadToken } from './service/service.ts';
export { parseTransformations, type Transformations } from './transformations/transformations.ts';
export type { RollbackFailure } from './upload/events.ts';
