export type { UploadDirectOptions, UploadFormOptions, UploadProgress } from './options.ts';
export { type UploadedImage, type UploadResult, uploadDirect } from './upload-direct.ts';
export { type FormIssue, UploadError } from './upload-error.ts';
export { uploadForm } from './upload-form.ts';
