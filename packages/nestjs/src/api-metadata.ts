import 'reflect-metadata';
import type { Type } from '@nestjs/common';

// The metadata keys of the decorators of @nestjs/swagger 7 to 12, so that this package does not depend on it.
const PROPERTY = 'swagger/apiModelProperties';
const PROPERTIES = 'swagger/apiModelPropertiesArray';
const RESPONSES = 'swagger/apiResponse';
const MODELS = 'swagger/apiExtraModels';

/** Creates a class that becomes a schema of the document: the properties of `base`, and `own` ones as for `@ApiProperty()`. */
export function apiModel<T>(
  name: string,
  own: Record<string, object>,
  base: Type<unknown> = Object,
): Type<T> {
  class Model extends (base as Type<object>) {}
  Object.defineProperty(Model, 'name', { value: name });
  const { prototype } = Model;
  const inherited = Reflect.getMetadata(PROPERTIES, prototype) as string[] | undefined;
  const all = [...(inherited ?? []), ...Object.keys(own).map((key) => `:${key}`)];
  Reflect.defineMetadata(PROPERTIES, [...new Set(all)], prototype);
  for (const [key, property] of Object.entries(own))
    Reflect.defineMetadata(PROPERTY, property, prototype, key);
  return Model as Type<T>;
}

/** Describes a response of a route, or of every route of a controller, like `@ApiResponse()`, with a reference to its schema. */
export function apiResponse(
  [status, description]: readonly [status: number | 'default', description: string],
  model: Type<unknown>,
  type = 'application/json',
): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const on = (descriptor?.value ?? target) as object;
    const content = { [type]: { schema: { $ref: `#/components/schemas/${model.name}` } } };
    const responses = Reflect.getMetadata(RESPONSES, on) as object | undefined;
    const models = Reflect.getMetadata(MODELS, on) as unknown[] | undefined;
    Reflect.defineMetadata(RESPONSES, { ...responses, [status]: { description, content } }, on);
    Reflect.defineMetadata(MODELS, [...(models ?? []), model], on);
  };
}
