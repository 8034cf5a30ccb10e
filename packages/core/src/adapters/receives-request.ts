import type { IncomingHttpHeaders } from 'node:http';
import { isForm } from '../receive/form.ts';
import type { UploadRules } from '../rules/rules.ts';

/**
 * Whether a route receives a request with these headers: a multipart form, and where a file is required any other too, which
 * `receive` then rejects.
 */
export function receivesRequest({
  required,
  fields,
}: Pick<UploadRules<never>, 'required' | 'fields'>): (headers: IncomingHttpHeaders) => boolean {
  const all = required || fields?.some((field) => field.required) || false;
  return (headers) => all || isForm(headers);
}
