import type { FieldRules } from '@imgwire/core';

/** A form as `@ApiBody()` of `@nestjs/swagger` takes it. */
export interface ImgwireApiBody {
  schema: { type: 'object'; properties: Record<string, object>; required?: string[] };
}

const FILE = { type: 'string', format: 'binary' };

/**
 * Describes the form of an upload route, so that Swagger UI shows a file picker. Plain OpenAPI: nothing of
 * `@nestjs/swagger` is needed here.
 *
 * @param files a name for one file, or the fields that `ImgwireFileFieldsInterceptor()` gets: an array of files where
 *   `maxCount` is not 1
 * @param text the text fields beside the files, as OpenAPI schemas by name
 *
 * @example
 * @ApiConsumes('multipart/form-data')
 * @ApiBody(imgwireApiBody('avatar', { title: { type: 'string' } }))
 */
export function imgwireApiBody(
  files: string | readonly FieldRules[],
  text: Readonly<Record<string, object>> = {},
): ImgwireApiBody {
  const fields: readonly FieldRules[] = typeof files === 'string' ? [{ name: files, maxCount: 1 }] : files;
  const properties: Record<string, object> = { ...text };
  for (const { name, maxCount } of fields) {
    properties[name] =
      maxCount === 1
        ? FILE
        : { type: 'array', items: FILE, ...(maxCount !== undefined && { maxItems: maxCount }) };
  }
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  return { schema: { type: 'object', properties, ...(required.length > 0 && { required }) } };
}
