import type { ImgwireImage, ReceivedFile } from '@imgwire/core';
import {
  createParamDecorator,
  type ExecutionContext,
  ParseFilePipe,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import type { PlatformRequest } from './uploaded-form.ts';

/** A parameter decorator that takes the name of a field, then pipes; both are optional. */
export type UploadedDecorator = (
  ...fieldOrPipes: (string | Type<PipeTransform> | PipeTransform)[]
) => ParameterDecorator;

/**
 * The first image of the form, or of one field: an `ImgwireImage`, or undefined if none was sent.
 *
 * @example create(@UploadedImage('avatar', new ParseImagePipe()) avatar: ImgwireImage) {}
 * @throws TypeError for Nest's `ParseFilePipe`: `ParseImagePipe` takes its validators
 */
export const UploadedImage: UploadedDecorator = decoratorOf<ImgwireImage | undefined>(
  'UploadedImage',
  ([file]) => file?.image,
);

/** Every image of the form, or of one field, in the order of the form: `ImgwireImage[]`. Throws as {@link UploadedImage}. */
export const UploadedImages: UploadedDecorator = decoratorOf<ImgwireImage[]>('UploadedImages', (files) =>
  files.map((file) => file.image),
);

function decoratorOf<Value>(
  name: string,
  pick: (files: readonly ReceivedFile[]) => Value,
): UploadedDecorator {
  const decorator: UploadedDecorator = createParamDecorator(
    (field: string | undefined, context: ExecutionContext): Value => pick(filesOf(field, context)),
  );
  return (...fieldOrPipes) => {
    if (fieldOrPipes.some(isParseFilePipe)) {
      throw new TypeError(
        `@${name}(): Nest's ParseFilePipe checks a file, and this parameter is an image: write new ParseImagePipe(), with the same \`validators\`.`,
      );
    }
    return decorator(...fieldOrPipes);
  };
}

const isParseFilePipe = (pipe: unknown): boolean =>
  pipe instanceof ParseFilePipe ||
  pipe === ParseFilePipe ||
  (typeof pipe === 'function' && pipe.prototype instanceof ParseFilePipe);

function filesOf(field: string | undefined, context: ExecutionContext): readonly ReceivedFile[] {
  const { imgwire } = context.switchToHttp().getRequest<PlatformRequest>();
  return (field === undefined ? imgwire?.files : imgwire?.byField[field]) ?? [];
}
