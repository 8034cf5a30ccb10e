// The properties that the plugin adds to Fastify's instance and request.
import './augmentation.ts';

export * from '@imgwire/core';
export {
  type FastifyImgwire,
  type FastifyImgwireOptions,
  imgwire,
  imgwire as default,
} from './plugin.ts';
export type { UploadHook } from './request.ts';
export type { UploadTokenHandler } from './upload-token.ts';
