import { ParseFilePipe, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type ControllerMethod, controllerMethods } from './controller-methods.ts';
import { needsBuffer } from './file-type.validator.ts';
import { uploadedDecorator } from './uploaded-image.decorator.ts';

/** An upload interceptor, as far as its routes have to fit it. */
export interface BoundInterceptor {
  /** Its factory, for the error. */
  readonly caller: string;
  /** What stands in `@UseInterceptors()`. */
  readonly metatype: Type<unknown>;
  /** Its fields; undefined if it takes any. */
  readonly fields?: readonly { readonly name: string }[] | undefined;
}

/**
 * Checks the routes of an upload interceptor for what can only fail when a form comes: a pipe of `@UploadedFile()` that waits for a
 * buffer refuses every image, a field that is not received is always undefined, and a form that multer has read is gone.
 *
 * @throws TypeError that names the route, and says what to write
 */
export async function assertRoutes(
  bound: BoundInterceptor,
  modules: ModulesContainer = new ModulesContainer(),
): Promise<void> {
  for (const method of controllerMethods(modules)) {
    if (!method.interceptors.includes(bound.metatype)) continue;
    const wrong = wrongField(bound, method) ?? withMulter(method, modules) ?? (await wrongPipe(method));
    if (wrong !== undefined) throw new TypeError(`${bound.caller}: ${wrong}`);
  }
}

function wrongField(
  { fields }: BoundInterceptor,
  { name, parameters }: ControllerMethod,
): string | undefined {
  for (const { factory, data } of parameters) {
    const decorator = uploadedDecorator(factory);
    if (
      decorator === undefined ||
      typeof data !== 'string' ||
      (fields?.some((field) => field.name === data) ?? true)
    )
      continue;
    const instead = fields?.map((field) => `@${decorator}('${field.name}')`).join(' or ');
    return `${name} has @${decorator}('${data}'), a field that it does not receive: write ${instead}.`;
  }
  return undefined;
}

function withMulter({ name, interceptors }: ControllerMethod, modules: ModulesContainer): string | undefined {
  const instances = interceptors.map(
    (given) =>
      [...modules.values()]
        .map(({ injectables }) => injectables.get(given as Type)?.instance)
        .find(Boolean) ?? given,
  );
  if (!instances.some((instance) => 'multer' in Object(instance))) return undefined;
  return `${name} has an interceptor of multer too, which reads the form: leave FileInterceptor() and its like out.`;
}

async function wrongPipe({ name, parameters }: ControllerMethod): Promise<string | undefined> {
  const validators = parameters
    .flatMap(({ pipes = [] }) => pipes)
    .flatMap((pipe) => (pipe instanceof ParseFilePipe ? pipe.getValidators() : []));
  const waiting = await Promise.all(validators.map(needsBuffer));
  if (!waiting.includes(true)) return undefined;
  return `FileTypeValidator would read a buffer, and ${name} gets none: write new ParseImagePipe() instead of new ParseFilePipe(), with the same \`validators\`.`;
}

/** Whether any route has a parameter of `@UploadedImage()` or `@UploadedImages()`. */
export function hasUploadedImages(modules: ModulesContainer): boolean {
  return [...controllerMethods(modules)].some(({ parameters }) =>
    parameters.some(({ factory }) => uploadedDecorator(factory) !== undefined),
  );
}
