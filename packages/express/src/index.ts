export * from '@imgwire/core';
export { imgwireErrorHandler } from './error-handler.ts';
// Also adds them to multer's file.
export type { ImgwireMulterFile } from './multer-file.ts';
// Also adds them to Express's request.
export type { ImgwireRequest, OwnRequestProperties } from './request.ts';
export { type ImgwireStorageOptions, imgwireStorage } from './storage.ts';
export { type ImgwireUpload, type ImgwireUploadOptions, imgwireUpload } from './upload.ts';
export { type ImgwireUploadTokenOptions, imgwireUploadToken } from './upload-token.ts';
export { type ImgwireUploadViaUrlOptions, imgwireUploadViaUrl } from './upload-via-url.ts';
export { type RequestWithImage, withImage } from './with-image.ts';
