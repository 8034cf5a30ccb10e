export { assertAllowed } from './assert-allowed.ts';
export type { Bulk } from './bulk.ts';
export { closeSignal } from './close-signal.ts';
export type { DirectUpload, DirectUploadInput } from './create-direct-upload.ts';
export { type CloseOptions, createImgwire, type Imgwire, type ImgwireOptions } from './create-imgwire.ts';
export {
  IMGWIRE_ERROR_CODES,
  type ImgwireErrorCode,
  type ImgwireErrorDetails,
  ImgwireUploadError,
  isImgwireUploadError,
  type ProblemDetails,
  statusOf,
  toUploadError,
} from './errors.ts';
export {
  type FileEvent,
  IMGWIRE_EVENTS,
  type ImgwireEventName,
  type ImgwireEvents,
  type UndoFailure,
} from './events.ts';
export { type ConnectionOptions, type FactoryOptions, splitOptions } from './factory-options.ts';
export type { ImgwireImage } from './image/image.ts';
export { imageUrl } from './image/image-url.ts';
export {
  canonicalImageType,
  extensionOf,
  IMAGE_TYPES,
  type ImageType,
  inspectImage,
} from './image/inspect.ts';
export type { ManyOptions, ManyProgress, ManyResult } from './many.ts';
export { checkMetadata } from './metadata.ts';
export { type FormFields, isForm } from './pipeline/form.ts';
export type { LengthSource } from './pipeline/length.ts';
export type { ReceivedForm } from './pipeline/receive.ts';
export { STORAGE_CHECKS, type StorageEngine, type StorageRules } from './pipeline/storage.ts';
export type { ReceivedFile } from './pipeline/store-file.ts';
export type { WaitOptions } from './pipeline/wait-until-ready.ts';
export { inAnyField, inField, inFields, type RouteFields, routeRules } from './route-rules.ts';
export {
  FIELD_CHECKS,
  type FieldRules,
  type FileInfo,
  type LimitOptions,
  type Limits,
  RULE_CHECKS,
  type UploadMetadata,
  type UploadRules,
} from './rules.ts';
export type { RequestHeaders } from './same-site.ts';
export type { Logger } from './service/connection.ts';
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
export { checkSourceUrl, SOURCE_URL_CHECKS, type SourceUrlRules } from './source-url.ts';
export {
  type IssuedToken,
  type JsonAnswer,
  TOKEN_CHECKS,
  type TokenRequest,
  type UploadTokenRules,
  uploadTokenEndpoint,
} from './token-endpoint.ts';
export { parseTransformations, type Transformations } from './transformations/transformations.ts';
export type { UploadInput, UploadSource } from './upload.ts';
export type { UploadViaUrlInput } from './upload-via-url.ts';
export { assertOptions, type Check } from './validate.ts';
