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

/** The names of our decorators, by the functions that Nest keeps of them. */
const decorators = new WeakMap<object, string>();

/**
 * The first image of the form, or of one field: an `ImgwireImage`, or undefined if none was sent.
 *
 * @example create(@UploadedImage('avatar', new ParseImagePipe()) avatar: ImgwireImage) {}
 * @throws TypeError for Nest's `ParseFilePipe`: `ParseImagePipe` takes its validators; and, when a request comes, if no upload has
 *   run on it
 */
export const UploadedImage: UploadedDecorator = decoratorOf<ImgwireImage | undefined>(
  'UploadedImage',
  ([file]) => file?.image,
);

/** Every image of the form, or of one field, in the order of the form: `ImgwireImage[]`. Throws as {@link UploadedImage}. */
export const UploadedImages: UploadedDecorator = decoratorOf<ImgwireImage[]>('UploadedImages', (files) =>
  files.map((file) => file.image),
);

/** The name of the decorator that a parameter has, if it is one of ours. */
export const uploadedDecorator = (factory: object | undefined): string | undefined =>
  factory && decorators.get(factory);

function decoratorOf<Value>(
  name: string,
  pick: (files: readonly ReceivedFile[]) => Value,
): UploadedDecorator {
  const factory = (field: string | undefined, context: ExecutionContext): Value =>
    pick(filesOf(name, field, context));
  decorators.set(factory, name);
  const decorator: UploadedDecorator = createParamDecorator(factory);
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

function filesOf(
  name: string,
  field: string | undefined,
  context: ExecutionContext,
): readonly ReceivedFile[] {
  const { imgwire } = context.switchToHttp().getRequest<PlatformRequest>();
  if (!imgwire && context.getType() === 'http') {
    throw new TypeError(
      `@${name}(): no upload has run on this request: write @UseInterceptors(ImgwireFileInterceptor('${field ?? 'avatar'}')) in front of the route.`,
    );
  }
  return (field === undefined ? imgwire?.files : imgwire?.byField[field]) ?? [];
}
