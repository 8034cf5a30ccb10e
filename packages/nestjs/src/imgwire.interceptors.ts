import type { FieldRules } from '@imgwire/core';
import { routeFields } from '@imgwire/core/adapter';
import type { NestInterceptor, Type } from '@nestjs/common';
import type { ImgwireBodyInterceptorOptions, ImgwireInterceptorOptions } from './imgwire.options.ts';
import { asBody, inForm, uploadInterceptor } from './upload.interceptor.ts';
import { asFile, asFiles, asFilesByField } from './uploaded-form.ts';

/**
 * Streams one file, in the field `name`, to Imgwire while it arrives. It is stored before the handler runs: see
 * `@UploadedImage()`, and `@UploadedFile()` for the file with its name and size; `@Body()` has the text fields. A failure is an `ImgwireHttpException`, and leaves no image.
 *
 * A wrong rule fails the start of the application with a TypeError that names it; so does a missing module.
 *
 * @example
 * @Post('avatar')
 * @UseInterceptors(ImgwireFileInterceptor('avatar', { maxPixels: 4_000_000 }))
 * save(@UploadedImage() image: ImgwireImage) {}
 */
export function ImgwireFileInterceptor(
  name: string,
  options?: ImgwireInterceptorOptions,
): Type<NestInterceptor> {
  assertCalled('ImgwireFileInterceptor', new.target);
  return uploadInterceptor(
    `ImgwireFileInterceptor('${name}')`,
    inForm(routeFields.single(name), asFile),
    options,
  );
}

/** The same for files in the field `name`, at most `maxCount` of them. */
export function ImgwireFilesInterceptor(
  name: string,
  maxCount?: number,
  options?: ImgwireInterceptorOptions,
): Type<NestInterceptor> {
  assertCalled('ImgwireFilesInterceptor', new.target);
  return uploadInterceptor(
    `ImgwireFilesInterceptor('${name}')`,
    inForm(routeFields.array(name, maxCount), asFiles),
    options,
  );
}

/** The same for files in the named fields, each with its own rules. */
export function ImgwireFileFieldsInterceptor(
  fields: readonly FieldRules[],
  options?: ImgwireInterceptorOptions,
): Type<NestInterceptor> {
  assertCalled('ImgwireFileFieldsInterceptor', new.target);
  return uploadInterceptor(
    'ImgwireFileFieldsInterceptor()',
    inForm(routeFields.fields(fields), asFilesByField),
    options,
  );
}

/** The same for files in any field, or in those that the rules name. */
export function AnyImgwireFilesInterceptor(options?: ImgwireInterceptorOptions): Type<NestInterceptor> {
  assertCalled('AnyImgwireFilesInterceptor', new.target);
  return uploadInterceptor('AnyImgwireFilesInterceptor()', inForm(routeFields.any, asFiles), options);
}

/**
 * The same for one file that is the body of the request itself, of `PUT` or `POST`, with `Content-Type: image/*` or
 * `application/octet-stream`. `@Body()` is untouched.
 *
 * @example
 * @Put('avatar')
 * @UseInterceptors(ImgwireBodyInterceptor({ required: true }))
 * save(@UploadedImage() image: ImgwireImage) {}
 */
export function ImgwireBodyInterceptor(options?: ImgwireBodyInterceptorOptions): Type<NestInterceptor> {
  assertCalled('ImgwireBodyInterceptor', new.target);
  return uploadInterceptor('ImgwireBodyInterceptor()', asBody(asFile), options);
}

/** Nest constructs what stands in `@UseInterceptors()`. @throws TypeError when that was the function itself */
function assertCalled(name: string, target: unknown): void {
  if (!target) return;
  throw new TypeError(
    `${name} was used as an interceptor without being called: write @UseInterceptors(${name}(…)).`,
  );
}
