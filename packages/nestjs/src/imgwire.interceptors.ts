import type { FieldRules } from '@imgwire/core';
import type { NestInterceptor, Type } from '@nestjs/common';
import type { ImgwireInterceptorOptions, ImgwireRules } from './imgwire.options.ts';
import { uploadInterceptor } from './upload.interceptor.ts';

/** Rules that were given for a field hold however the field is named as the one to use. */
const named = ({ fields }: ImgwireRules, name: string, maxCount?: number): FieldRules => ({
  ...fields?.find((field) => field.name === name),
  name,
  ...(maxCount !== undefined && { maxCount }),
});

/**
 * Streams one file, in the field `name`, to Imgwire while it arrives. When the handler runs it is stored: see
 * `@UploadedImage()`; `@Body()` has the text fields. A failure is an `ImgwireHttpException`, and leaves no image.
 *
 * A wrong rule keeps the application from starting, with a TypeError that names it; so does a missing module.
 *
 * @example
 * @Post('avatar')
 * @UseInterceptors(ImgwireFileInterceptor('avatar', { maxPixels: 4_000_000 }))
 * save(@UploadedImage() image: ImgwireImage) {}
 */
export const ImgwireFileInterceptor = (
  name: string,
  options?: ImgwireInterceptorOptions,
): Type<NestInterceptor> =>
  uploadInterceptor(`ImgwireFileInterceptor('${name}')`, (rules) => [named(rules, name, 1)], options);

/** The same for files in the field `name`, at most `maxCount` of them. */
export const ImgwireFilesInterceptor = (
  name: string,
  maxCount?: number,
  options?: ImgwireInterceptorOptions,
): Type<NestInterceptor> =>
  uploadInterceptor(`ImgwireFilesInterceptor('${name}')`, (rules) => [named(rules, name, maxCount)], options);

/** The same for files in the named fields, each with rules of its own. */
export const ImgwireFileFieldsInterceptor = (
  fields: readonly FieldRules[],
  options?: ImgwireInterceptorOptions,
): Type<NestInterceptor> => uploadInterceptor('ImgwireFileFieldsInterceptor()', () => fields, options);

/** The same for files in any field, or in those that the rules name. */
export const AnyImgwireFilesInterceptor = (options?: ImgwireInterceptorOptions): Type<NestInterceptor> =>
  uploadInterceptor('AnyImgwireFilesInterceptor()', ({ fields }) => fields, options);
