export * from '@imgwire/core';
export { ImgwireHttpException, type ImgwireProblemBody } from './imgwire.exception.ts';
export { ImgwireHealthIndicator, type ImgwireHealthResult } from './imgwire.health.ts';
export {
  AnyImgwireFilesInterceptor,
  ImgwireFileFieldsInterceptor,
  ImgwireFileInterceptor,
  ImgwireFilesInterceptor,
} from './imgwire.interceptors.ts';
export { ImgwireModule, type ImgwireModuleExtras } from './imgwire.module.ts';
export type {
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
export { ApiImgwireProblem, ImgwireProblem, ImgwireUploadToken } from './imgwire-api-models.ts';
export { ImgwireExceptionFilter } from './imgwire-exception.filter.ts';
export {
  createImgwireUploadTokenController,
  type ImgwireUploadTokenControllerOptions,
} from './imgwire-token.controller.ts';
// Also adds them to multer's file.
export type { ImgwireMulterFile } from './multer-file.ts';
export { type ParseImageOptions, ParseImagePipe } from './parse-image.pipe.ts';
export { type UploadedDecorator, UploadedImage, UploadedImages } from './uploaded-image.decorator.ts';
