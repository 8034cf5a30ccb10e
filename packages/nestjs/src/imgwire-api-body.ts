import type { FieldRules } from '@imgwire/core';
import type { Type } from '@nestjs/common';
import { apiModel } from './api-metadata.ts';

/** A form, as an argument of `@ApiBody()` of `@nestjs/swagger`. */
export type ImgwireApiBody =
  | { schema: { type: 'object'; properties: Record<string, object>; required?: string[] } }
  | { type: Type<unknown> };

const FILE = { type: 'string', format: 'binary' };

/**
 * Describes the form of an upload route, so that Swagger UI shows a file picker. It does not depend on `@nestjs/swagger`.
 *
 * @param files the name or the rules of a single field, or the fields of `ImgwireFileFieldsInterceptor()`: an array of files
 *   unless `maxCount` is 1
 * @param text the text fields: OpenAPI schemas by name, or the DTO class of `@Body()`. With a class the form is a named
 *   schema, such as `AvatarDto_avatar`
 *
 * @example
 * @ApiConsumes('multipart/form-data')
 * @ApiBody(imgwireApiBody({ name: 'avatar', required: true }, AvatarDto))
 */
export function imgwireApiBody(
  files: string | FieldRules | readonly FieldRules[],
  text: Readonly<Record<string, object>> | Type<unknown> = {},
): ImgwireApiBody {
  const field = typeof files === 'string' ? { name: files } : files;
  const fields: readonly FieldRules[] = 'name' in field ? [{ maxCount: 1, ...field }] : field;
  if (typeof text === 'function') return { type: extend(text, fields) };
  const properties = { ...text, ...Object.fromEntries(fields.map((each) => [each.name, schemaOf(each)])) };
  const required = fields.filter((each) => each.required).map(({ name }) => name);
  return { schema: { type: 'object', properties, ...(required.length > 0 && { required }) } };
}

function schemaOf({ maxCount }: FieldRules): object {
  if (maxCount === 1) return FILE;
  return { type: 'array', items: FILE, ...(maxCount !== undefined && { maxItems: maxCount }) };
}

/** A class, since `@nestjs/swagger` adds its schema to the document; an `allOf` with a `$ref` to the DTO would dangle. */
function extend(dto: Type<unknown>, fields: readonly FieldRules[]): Type<unknown> {
  const name = [dto.name, ...fields.map((field) => field.name)].join('_');
  const own: Record<string, object> = {};
  for (const field of fields) own[field.name] = { ...schemaOf(field), required: field.required === true };
  // OpenAPI allows no other characters in the name of a schema.
  return apiModel(name.replaceAll(/[^\w.-]/g, ''), own, dto);
}
