import type { IncomingHttpHeaders } from 'node:http';
import { isForm } from '../receive/form.ts';
import type { UploadRules } from '../rules/rules.ts';
import type { ReceivedFile } from '../upload/store-file.ts';

/** The files of a request, as every adapter puts them on it: `request.imgwire`. */
export interface RequestImgwire {
  /** In the order of the form. */
  readonly files: readonly ReceivedFile[];
  /** The same by field name. */
  readonly byField: Readonly<Record<string, readonly ReceivedFile[] | undefined>>;
  /** Deletes every image of the request, for a handler that cannot use them. Never rejects. */
  discard(): Promise<void>;
}

/** Turns received files into what an adapter puts on the request. */
export function requestImgwire(files: readonly ReceivedFile[]): RequestImgwire {
  // A field may have any name, `__proto__` for one.
  const byField = Object.create(null) as Record<string, ReceivedFile[]>;
  for (const file of files) {
    byField[file.fieldname] ??= [];
    byField[file.fieldname]?.push(file);
  }
  return {
    files,
    byField,
    discard: async () => void (await Promise.all(files.map((file) => file.discard()))),
  };
}

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
