import { type FieldRules, inAnyField, inField, inFields } from '@imgwire/core';
import type { NestInterceptor, Type } from '@nestjs/common';
import type { ImgwireInterceptorOptions } from './imgwire.options.ts';
import { uploadInterceptor } from './upload.interceptor.ts';

/**
 * Streams one file, in the field `name`, to Imgwire while it arrives. It is stored before the handler runs: see
 * `@UploadedImage()`; `@Body()` has the text fields. A failure is an `ImgwireHttpException`, and leaves no image.
 *
 * A wrong rule fails the start of the application with a TypeError that names it; so does a missing module.
 *
 * @example
 * @Post('avatar')
 * @UseInterceptors(ImgwireFileInterceptor('avatar', { maxPixels: 4_000_000 }))
 * save(@UploadedImage() image: ImgwireImage) {}
 */
export const ImgwireFileInterceptor = (
  name: string,
  options?: ImgwireInterceptorOptions,
): Type<NestInterceptor> => uploadInterceptor(`ImgwireFileInterceptor('${name}')`, inField(name, 1), options);

/** The same for files in the field `name`, at most `maxCount` of them. */
export const ImgwireFilesInterceptor = (
  name: string,
  maxCount?: number,
  options?: ImgwireInterceptorOptions,
): Type<NestInterceptor> =>
  uploadInterceptor(`ImgwireFilesInterceptor('${name}')`, inField(name, maxCount), options);

/** The same for files in the named fields, each with its own rules. */
export const ImgwireFileFieldsInterceptor = (
  fields: readonly FieldRules[],
  options?: ImgwireInterceptorOptions,
): Type<NestInterceptor> => uploadInterceptor('ImgwireFileFieldsInterceptor()', inFields(fields), options);

/** The same for files in any field, or in those that the rules name. */
export const AnyImgwireFilesInterceptor = (options?: ImgwireInterceptorOptions): Type<NestInterceptor> =>
  uploadInterceptor('AnyImgwireFilesInterceptor()', inAnyField, options);
