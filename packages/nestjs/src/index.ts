// What applications use of core, by name: one package is enough to install.
export {
  type BodyRules,
  type CheckOptions,
  type CheckResult,
  type CloseOptions,
  type CorsOrigin,
  type CreateBody,
  type CreateCallbacks,
  type CreateIntent,
  type CustomDomain,
  type CustomMetadata,
  canonicalImageType,
  checkSourceUrl,
  createImgwire,
  type DirectUpload,
  type DirectUploadInput,
  type DispatcherLike,
  type DownloadJob,
  type FieldRules,
  type FileEvent,
  type FileInfo,
  type FormFields,
  type FormIssue,
  type FormSchema,
  IMAGE_TYPES,
  IMGWIRE_ERROR_CODES,
  IMGWIRE_EVENTS,
  type ImageRecord,
  type ImageStatus,
  type ImageType,
  type ImageTypeLike,
  type Imgwire,
  type ImgwireClientLike,
  ImgwireError,
  type ImgwireErrorCode,
  type ImgwireErrorDetails,
  type ImgwireEventName,
  type ImgwireEvents,
  type ImgwireHealth,
  type ImgwireImage,
  type ImgwireOptions,
  type ImgwireUsage,
  type IncomingRequest,
  type InspectedImage,
  idempotencyKeyForUrl,
  imageUrl,
  inspectImage,
  isImgwireError,
  type LengthSource,
  type LimitOptions,
  type Limits,
  type ListQuery,
  type Logger,
  type ManyOptions,
  type ManyProgress,
  type ManyResult,
  type MetricsDatasets,
  type MetricsPoint,
  type MetricsQuery,
  type MetricsStat,
  type MetricsStats,
  type Orientation,
  type Page,
  type ProblemDetails,
  parseTransformations,
  type ReadyDownload,
  type ReceivedFile,
  type ReceivedForm,
  type RollbackFailure,
  reportFault,
  type SourceUrlRules,
  type SrcsetTransformations,
  type StorageEngine,
  type StorageRules,
  srcset,
  type Transformations,
  toImgwireError,
  type UploadInput,
  type UploadMetadata,
  type UploadRules,
  type UploadSource,
  type UploadToken,
  type UploadViaUrlBody,
  type UploadViaUrlInput,
  type WaitOptions,
} from '@imgwire/core';
export type {
  CompletionRules,
  DirectFile,
  DirectNotes,
  DirectUploadRules,
  IssuedToken,
  RequestImgwire,
  UploadTokenRules,
} from '@imgwire/core/adapter';
export type { ImgwireEndpointHooks } from './endpoint-hooks.ts';
export { ImgwireHttpException, type ImgwireProblemBody } from './imgwire.exception.ts';
export { ImgwireHealthIndicator, type ImgwireHealthResult } from './imgwire.health.ts';
export {
  AnyImgwireFilesInterceptor,
  ImgwireBodyInterceptor,
  ImgwireFileFieldsInterceptor,
  ImgwireFileInterceptor,
  ImgwireFilesInterceptor,
} from './imgwire.interceptors.ts';
export { ImgwireModule, type ImgwireModuleExtras } from './imgwire.module.ts';
export type {
  ImgwireBodyInterceptorOptions,
  ImgwireInterceptorOptions,
  ImgwireModuleOptions,
  ImgwireRules,
} from './imgwire.options.ts';
export { ImgwireService } from './imgwire.service.ts';
export { type ImgwireStorageOptions, imgwireStorage } from './imgwire.storage.ts';
export {
  getImgwireOptionsToken,
  getImgwireServiceToken,
  getImgwireToken,
  InjectImgwire,
  InjectImgwireService,
} from './imgwire.tokens.ts';
export { type ImgwireApiBody, imgwireApiBody } from './imgwire-api-body.ts';
export {
  ApiImgwireProblem,
  ImgwireDirectUploads,
  ImgwireProblem,
  ImgwireUploadToken,
} from './imgwire-api-models.ts';
export {
  createImgwireDirectController,
  type ImgwireDirectControllerOptions,
} from './imgwire-direct.controller.ts';
export { ImgwireExceptionFilter } from './imgwire-exception.filter.ts';
export {
  createImgwireUploadTokenController,
  type ImgwireUploadTokenControllerOptions,
} from './imgwire-token.controller.ts';
// Also adds them to multer's file.
export type { ImgwireMulterFile } from './multer-file.ts';
export { type ParseImageOptions, ParseImagePipe } from './parse-image.pipe.ts';
export { type UploadedDecorator, UploadedImage, UploadedImages } from './uploaded-image.decorator.ts';
