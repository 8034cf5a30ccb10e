export { closeSignal } from './adapters/close-signal.ts';
export {
  type ConnectionOptions,
  type FactoryOptions,
  type OptionParts,
  partOptions,
  splitOptions,
} from './adapters/factory-options.ts';
export {
  type ImportExchange,
  type ImportedImage,
  importViaUrl,
  type UploadViaUrlMetadata,
  type UploadViaUrlRules,
  VIA_URL_CHECKS,
} from './adapters/import-via-url.ts';
export { platformReceiver } from './adapters/platform-receiver.ts';
export { receivesRequest } from './adapters/receives-request.ts';
export { type RequestImgwire, requestImgwire } from './adapters/request-imgwire.ts';
export { type RouteMethods, routeMethods } from './adapters/route-methods.ts';
export type { RequestHeaders } from './adapters/same-site.ts';
export { mergeVary } from './adapters/same-site.ts';
export { checkSourceUrl, type SourceUrlRules } from './adapters/source-url.ts';
export {
  type IssuedToken,
  type JsonAnswer,
  TOKEN_CHECKS,
  type TokenRequest,
  type UploadTokenRules,
  uploadTokenEndpoint,
} from './adapters/token-endpoint.ts';
export { watchAwait } from './adapters/watch-await.ts';
export { inBytes } from './base/amounts.ts';
export { assertNotReceived } from './base/assert-not-received.ts';
export { assertNotRequest } from './base/assert-not-request.ts';
export { noOption } from './base/checks.ts';
export {
  IMGWIRE_ERROR_CODES,
  type ImgwireErrorCode,
  type ImgwireErrorDetails,
  ImgwireUploadError,
  isImgwireUploadError,
  type ProblemDetails,
  statusOf,
  toUploadError,
} from './base/errors.ts';
export type { IncomingRequest } from './base/incoming-request.ts';
export type { Logger } from './base/logger.ts';
export { nearest } from './base/nearest.ts';
export { reportFault } from './base/report-fault.ts';
export { assertInput, assertOptions } from './base/validate.ts';
export type { Check, Checks, Inside } from './base/wrong-option.ts';
export type { Bulk } from './calls/bulk.ts';
export type { CheckOptions, CheckResult, ImgwireHealth } from './calls/check.ts';
export type { DirectUpload, DirectUploadInput } from './calls/create-direct-upload.ts';
export type { ManyOptions, ManyProgress, ManyResult } from './calls/many.ts';
export type { UploadInput, UploadSource } from './calls/upload.ts';
export { keyOfUrl, type UploadViaUrlInput } from './calls/upload-via-url.ts';
export type { ImgwireUsage } from './calls/usage.ts';
export { type CloseOptions, createImgwire, type Imgwire } from './create-imgwire.ts';
export type { ImgwireImage } from './image/image.ts';
export { imageUrl } from './image/image-url.ts';
export type { ImgwireOptions } from './imgwire-options.ts';
export {
  canonicalImageType,
  extensionOf,
  IMAGE_TYPES,
  type ImageType,
  type ImageTypeLike,
  inspectImage,
} from './inspect/inspect.ts';
export type { FormFields } from './receive/fields.ts';
export { isForm } from './receive/form.ts';
export type { ReceivedForm } from './receive/receive.ts';
export { inAnyField, inField, inFields, type RouteFields, routeRules } from './rules/route-rules.ts';
export {
  FIELD_CHECKS,
  type FieldRules,
  type FileInfo,
  type LimitOptions,
  type Limits,
  RULE_CHECKS,
  type UploadMetadata,
  type UploadRules,
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
export type { Announcement, CreateIntent } from './store/connection.ts';
export type { LengthSource } from './store/content.ts';
export {
  type FileEvent,
  IMGWIRE_EVENTS,
  type ImgwireEventName,
  type ImgwireEvents,
  type UndoFailure,
} from './store/events.ts';
export { STORAGE_CHECKS, type StorageEngine, type StorageRules } from './store/multer-storage.ts';
export type { WaitOptions } from './store/poll.ts';
export type { ReceivedFile } from './store/store-file.ts';
export { parseTransformations, type Transformations } from './transformations/transformations.ts';
