// The folders, in the order of a request; docs/architecture.md follows one through the files.
//
//   receive/          reads a form from a request, and hands on its files one by one; receive.ts is the sequence
//   rules/            what an upload may contain, and what is checked of it
//   upload/           takes one file and stores it; store-file.ts is the sequence
//   inspect/          the type and the dimensions of an image, from its bytes
//   service/          Imgwire's API, over HTTP or over a client of the official SDK
//   image/, transformations/   the record, and the URLs that deliver it
//   calls/            what a backend calls without a request: upload, list, delete
//   adapters/         what frameworks share; adapter.ts exports it as @imgwire/core/adapter
//   create-imgwire.ts ties them together; options/ and errors.ts are for all of them

export { checkSourceUrl, type SourceUrlRules } from './adapters/source-url.ts';
export type { CheckOptions, CheckResult, ImgwireHealth } from './calls/check.ts';
export type { DirectUpload, DirectUploadInput } from './calls/create-direct-upload.ts';
export type { ManyOptions, ManyProgress, ManyResult } from './calls/many.ts';
export type { UploadInput, UploadSource } from './calls/upload.ts';
export { idempotencyKeyForUrl, type UploadViaUrlInput } from './calls/upload-via-url.ts';
export type { ImgwireUsage } from './calls/usage.ts';
export { createImgwire } from './create-imgwire.ts';
export {
  type FormIssue,
  IMGWIRE_ERROR_CODES,
  ImgwireError,
  type ImgwireErrorCode,
  type ImgwireErrorDetails,
  isImgwireError,
  type ProblemDetails,
  toImgwireError,
} from './errors.ts';
export type { ImgwireImage } from './image/image.ts';
export { type SrcsetTransformations, srcset } from './image/srcset.ts';
export { imageUrl } from './image/url.ts';
export type { CloseOptions, Imgwire } from './imgwire.ts';
export type { ImgwireOptions } from './imgwire-options.ts';
export type { IncomingRequest } from './incoming-request.ts';
export {
  canonicalImageType,
  IMAGE_TYPES,
  type ImageType,
  type ImageTypeLike,
  type InspectedImage,
  inspectImage,
  type Orientation,
} from './inspect/inspect.ts';
export { type Logger, reportFault } from './logger.ts';
export type { FormFields } from './receive/fields.ts';
export type { ReceivedForm } from './receive/receive.ts';
export type { FormSchema } from './rules/form-schema.ts';
export type {
  BodyRules,
  FieldRules,
  FileInfo,
  LimitOptions,
  Limits,
  UploadMetadata,
  UploadRules,
} from './rules/rules.ts';
export type {
  CorsOrigin,
  CustomDomain,
  MetricsDatasets,
  MetricsPoint,
  MetricsQuery,
  MetricsStat,
  MetricsStats,
} from './service/account.ts';
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
export type { StorageEngine, StorageRules } from './upload/multer-storage.ts';
export type { ReceivedFile } from './upload/store-file.ts';
export type { LengthSource } from './upload/upload-body.ts';
export type { WaitOptions } from './upload/wait-until-ready.ts';
