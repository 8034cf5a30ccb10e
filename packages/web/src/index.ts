export * from '@imgwire/core';
export { createImgwire } from './create-imgwire.ts';
export { imgwireErrorResponse } from './error-response.ts';
export type { ImgwireForm, ImgwireFormWithImage } from './form.ts';
export type { ImgwireHandler } from './handler.ts';
export {
  type ImgwireUpload,
  type ImgwireUploadOptions,
  type ImgwireUploadRoute,
  imgwireUpload,
} from './upload.ts';
export { type ImgwireUploadTokenOptions, imgwireUploadToken } from './upload-token.ts';
export {
  type ImgwireUploadViaUrl,
  type ImgwireUploadViaUrlOptions,
  type ImgwireViaUrl,
  imgwireUploadViaUrl,
} from './upload-via-url.ts';
