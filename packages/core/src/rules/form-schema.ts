import type { Check } from '../options/option-problem.ts';

/**
 * A schema of any library that follows the [Standard Schema](https://standardschema.dev), version 1: zod from 3.24, valibot from 1,
 * arktype from 2, and others. These are the parts of it that we use.
 */
export interface FormSchema<Output = unknown> {
  /** What the schema offers to other libraries. */
  readonly '~standard': {
    /** The version of the Standard Schema. */
    readonly version: 1;
    /** Returns the output for a value, or the issues with it. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  };
}

/** What a schema makes of a value: its output, or the issues if there are any. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** An issue of a schema. Each key of the path is in an object of its own, or not. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

const EXAMPLE = 'a schema, such as z.object({ title: z.string() }) of zod 4';

/** The check of a schema. Those of arktype are functions. */
export const formSchema: Check = (value) => (isSchema(value) ? undefined : EXAMPLE + hintFor(value));

const propertyOf = (value: unknown, name: string): unknown =>
  (Object(value) as Readonly<Record<string, unknown>>)[name];

function isSchema(value: unknown): boolean {
  const standard = propertyOf(value, '~standard');
  return propertyOf(standard, 'version') === 1 && typeof propertyOf(standard, 'validate') === 'function';
}

/** What to write in place of what is taken for a schema. */
function hintFor(value: unknown): string {
  const has = (name: string): boolean => typeof propertyOf(value, name) === 'function';
  if (has('safeParse') || has('validateAsync') || has('validateSync'))
    return ': this version of the library has no Standard Schema, install a newer one';
  if (typeof value === 'function')
    return ': a class of class-validator goes to the ValidationPipe of Nest, any other function into the handler';
  if (typeof value !== 'object' || value === null) return '';
  if (Object.values(value).some(isSchema)) return ': write form: z.object({ … }) around the fields';
  if ('type' in value || 'properties' in value || '$ref' in value)
    return ', not a JSON schema: in Fastify write it as schema: { body }, with the upload as `preValidation`';
  return '';
}
