import type { ReceivedFile } from '../store/store-file.ts';

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
