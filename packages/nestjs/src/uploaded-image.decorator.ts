import type { ImgwireImage, ReceivedFile } from '@imgwire/core';
import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import type { PlatformRequest } from './uploaded-form.ts';

/** A parameter decorator that takes the name of a field, then pipes; both are optional. */
export type UploadedDecorator = (
  ...fieldOrPipes: (string | Type<PipeTransform> | PipeTransform)[]
) => ParameterDecorator;

/**
 * The first image of the form, or of one field: an `ImgwireImage`, or undefined if none was sent.
 *
 * @example create(@UploadedImage('avatar', new ParseImagePipe()) avatar: ImgwireImage) {}
 */
export const UploadedImage: UploadedDecorator = createParamDecorator(
  (field: string | undefined, context: ExecutionContext): ImgwireImage | undefined =>
    filesOf(field, context)[0]?.image,
);

/** Every image of the form, or of one field, in the order of the form: `ImgwireImage[]`. */
export const UploadedImages: UploadedDecorator = createParamDecorator(
  (field: string | undefined, context: ExecutionContext): ImgwireImage[] =>
    filesOf(field, context).map((file) => file.image),
);

function filesOf(field: string | undefined, context: ExecutionContext): readonly ReceivedFile[] {
  const { imgwire } = context.switchToHttp().getRequest<PlatformRequest>();
  return (field === undefined ? imgwire?.files : imgwire?.byField[field]) ?? [];
}
