export * from '@imgwire/core';
// Also adds to Fastify's instance and request.
export type { OwnRequestProperties } from './augmentation.ts';
export {
  type FastifyImgwire,
  type FastifyImgwireOptions,
  imgwire,
  imgwire as default,
} from './plugin.ts';
export type { ImgwireRequest, UploadHook } from './request.ts';
export type { UploadTokenHandler } from './upload-token.ts';
export { type RequestWithImage, withImage } from './with-image.ts';
