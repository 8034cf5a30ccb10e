import 'reflect-metadata';
import { type FileValidator, ParseFilePipe, type Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { needsBuffer } from './file-type.validator.ts';

// Where Nest's decorators keep what they were given.
const INTERCEPTORS = '__interceptors__';
const ARGUMENTS = '__routeArguments__';

/**
 * Checks the pipes of `@UploadedFile()` on the routes of an upload interceptor: one that waits for a buffer would refuse every
 * image.
 *
 * @param who the interceptor's factory, for the error
 * @throws TypeError that names the route, and says what to write
 */
export async function assertFilePipes(
  who: string,
  interceptor: Type<unknown>,
  modules: ModulesContainer,
): Promise<void> {
  const wrappers = [...modules.values()].flatMap(({ controllers }) => [...controllers.values()]);
  for (const { metatype } of wrappers) {
    const controller = metatype as Type<unknown>;
    for (const route of routesOf(controller, interceptor)) {
      const waiting = await Promise.all(validatorsOf(controller, route).map(needsBuffer));
      if (waiting.includes(true)) throw new TypeError(wrongPipe(who, `${controller.name}.${route}()`));
    }
  }
}

/** The names of a controller's methods that the interceptor is bound to. */
function routesOf(controller: Type<unknown>, interceptor: Type<unknown>): readonly string[] {
  const prototype = controller.prototype as Readonly<Record<string, object>>;
  const binds = (target: object | undefined): boolean =>
    target !== undefined && metadata<unknown[]>(INTERCEPTORS, target)?.includes(interceptor) === true;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .filter((name) => binds(controller) || binds(prototype[name]));
}

/** The validators of every `ParseFilePipe` of a method's parameters. */
function validatorsOf(controller: Type<unknown>, route: string): readonly FileValidator[] {
  const parameters = metadata<Record<string, { readonly pipes?: readonly unknown[] }>>(
    ARGUMENTS,
    controller,
    route,
  );
  return Object.values(parameters ?? {})
    .flatMap(({ pipes = [] }) => pipes)
    .flatMap((pipe) => (pipe instanceof ParseFilePipe ? pipe.getValidators() : []));
}

const metadata = <T>(key: string, ...of: [target: object, property?: string]): T | undefined =>
  Reflect.getMetadata(key, ...(of as [object])) as T | undefined;

const wrongPipe = (who: string, route: string): string =>
  `${who}: FileTypeValidator would read a buffer, and ${route} gets none: write new ParseImagePipe() instead of new ParseFilePipe(), with the same \`validators\`.`;
