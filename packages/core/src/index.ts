export {
  type FactoryOptions,
  type ImgwireInstanceOptions,
  type OptionParts,
  partOptions,
  splitOptions,
} from './adapters/parse-options.ts';
export { platformReceiver } from './adapters/platform-receiver.ts';
export { type RequestImgwire, receivesRequest, requestImgwire } from './adapters/request-files.ts';
export { closeSignal } from './adapters/response-signal.ts';
export { type RouteMethods, routeMethods } from './adapters/route-methods.ts';
export type { RequestHeaders } from './adapters/same-site.ts';
export { mergeVary } from './adapters/same-site.ts';
export { checkSourceUrl, type SourceUrlRules } from './adapters/source-url.ts';
export {
  type IssuedToken,
  type JsonResponse,
  TOKEN_CHECKS,
  type TokenRequest,
  tokenEndpoint,
  type UploadTokenRules,
} from './adapters/token-endpoint.ts';
export {
  type UploadViaUrlMetadata,
  type UploadViaUrlRules,
  VIA_URL_CHECKS,
  type ViaUrlExchange,
  type ViaUrlResult,
  viaUrlEndpoint,
} from './adapters/upload-via-url.ts';
export { watchAwait } from './adapters/watch-await.ts';
export type { Bulk } from './calls/bulk.ts';
export type { CheckOptions, CheckResult, ImgwireHealth } from './calls/check.ts';
export type { DirectUpload, DirectUploadInput } from './calls/create-direct-upload.ts';
export type { ManyOptions, ManyProgress, ManyResult } from './calls/many.ts';
export type { UploadInput, UploadSource } from './calls/upload.ts';
export { idempotencyKeyForUrl, type UploadViaUrlInput } from './calls/upload-via-url.ts';
export type { ImgwireUsage } from './calls/usage.ts';
export { type CloseOptions, createImgwire, type Imgwire } from './create-imgwire.ts';
export {
  IMGWIRE_ERROR_CODES,
  ImgwireError,
  type ImgwireErrorCode,
  type ImgwireErrorDetails,
  isImgwireError,
  type ProblemDetails,
  statusOf,
  toImgwireError,
} from './errors.ts';
export type { ImgwireImage } from './image/image.ts';
export { imageUrl } from './image/url.ts';
export type { ImgwireOptions } from './imgwire-options.ts';
export type { IncomingRequest } from './incoming-request.ts';
export {
  canonicalImageType,
  extensionOf,
  IMAGE_TYPES,
  type ImageType,
  type ImageTypeLike,
  inspectImage,
} from './inspect/inspect.ts';
export type { Logger } from './logger.ts';
export { reportFault } from './logger.ts';
export { misplaced } from './options/checks.ts';
export { didYouMean } from './options/did-you-mean.ts';
export type { Check, Checks, OptionProblem as Inside } from './options/option-problem.ts';
export { formatBytes } from './options/units.ts';
export { assertInput, assertNotRequest, assertOptions } from './options/validate.ts';
export type { FormFields } from './receive/fields.ts';
export { isForm } from './receive/form.ts';
export type { ReceivedForm } from './receive/receive.ts';
export { assertNotReceived } from './receive/request-body.ts';
export { FIELD_CHECKS, RULE_CHECKS } from './rules/check-rules.ts';
export { inAnyField, inField, inFields, type RouteFields, routeRules } from './rules/route-rules.ts';
export type {
  FieldRules,
  FileInfo,
  LimitOptions,
  Limits,
  UploadMetadata,
  UploadRules,
} from './rules/rules.ts';
export type { DispatcherLike } from './service/http.ts';
export type { ImgwireClientLike } from './service/sdk.ts';
export type {
  CreateBody,
  CustomMetadata,
  DownloadJob,
  ImageRecord,
  ImageStatus,
  ListQuery,
  Page,
  ReadyDownload,
  UploadToken,
  UploadViaUrlBody,
} from './service/service.ts';
export { parseTransformations, type Transformations } from './transformations/transformations.ts';
export type { CreateCallbacks, CreateIntent } from './upload/context.ts';
export {
  type FileEvent,
  IMGWIRE_EVENTS,
  type ImgwireEventName,
  type ImgwireEvents,
  type RollbackFailure,
} from './upload/events.ts';
export { STORAGE_CHECKS, type StorageEngine, type StorageRules } from './upload/multer-storage.ts';
export type { ReceivedFile } from './upload/store-file.ts';
export type { LengthSource } from './upload/upload-body.ts';
export type { WaitOptions } from './upload/wait-until-ready.ts';
