import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';

// Where Nest's decorators keep what they were given.
const INTERCEPTORS = '__interceptors__';
const ARGUMENTS = '__routeArguments__';

/** A method of a controller, as its decorators describe it. */
export interface ControllerMethod {
  /** As it is called in an error: `AvatarController.save()`. */
  readonly name: string;
  /** The interceptors of its class and its own, classes and instances. */
  readonly interceptors: readonly unknown[];
  readonly parameters: readonly MethodParameter[];
}

/** A parameter with a decorator. */
export interface MethodParameter {
  readonly pipes?: readonly unknown[];
  /** What the decorator was given: for ours the name of a field. */
  readonly data?: unknown;
  /** The function of a decorator that `createParamDecorator()` has made. */
  readonly factory?: object;
}

/** The methods of all controllers of an application. */
export function* controllerMethods(modules: ModulesContainer): Generator<ControllerMethod, void, void> {
  const wrappers = [...modules.values()].flatMap(({ controllers }) => [...controllers.values()]);
  for (const { metatype } of wrappers) {
    const controller = metatype as Type<unknown>;
    const prototype = controller.prototype as Readonly<Record<string, object>>;
    for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
      const bound = [controller, prototype[name]].map(
        (target) => target && metadata<unknown[]>(INTERCEPTORS, target),
      );
      const parameters = metadata<Readonly<Record<string, MethodParameter>>>(ARGUMENTS, controller, name);
      yield {
        name: `${controller.name}.${name}()`,
        interceptors: bound.flatMap((given) => given ?? []),
        parameters: Object.values(parameters ?? {}),
      };
    }
  }
}

const metadata = <T>(key: string, ...of: [target: object, property?: string]): T | undefined =>
  Reflect.getMetadata(key, ...(of as [object])) as T | undefined;
