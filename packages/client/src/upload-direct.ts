import { post, read, type Shipment, shipment } from './exchange.ts';
import type { UploadDirectOptions } from './options.ts';
import { cancel, putAndComplete, type Upload } from './put-and-complete.ts';
import { aborted, UploadError, unreadable } from './upload-error.ts';

/** The record of an image, as the server sends it. */
export interface UploadedImage {
  readonly id: string;
  readonly cdn_url: string;
  readonly [name: string]: unknown;
}

/** What has become of a file. `data` is what `onStored` of the server has returned. */
export type UploadResult<D = unknown> =
  | { readonly file: File; readonly image: UploadedImage; readonly data?: D; readonly error?: undefined }
  | {
      readonly file: File;
      readonly error: UploadError;
      readonly image?: undefined;
      readonly data?: undefined;
    };

/**
 * Uploads straight to object storage, and has your server complete each file: one result for each, in their order. A PUT and a
 * completion are tried again after a network error, 408, 429 and 5xx, until the ticket expires. An abort leaves what has been
 * completed.
 *
 * @throws UploadError if the server rejects the files before anything is stored, all of them for one, and if the signal aborts
 */
export async function uploadDirect<D = unknown>(
  url: string,
  files: Iterable<File>,
  options: UploadDirectOptions = {},
): Promise<UploadResult<D>[]> {
  const { signal, concurrency = 3, onProgress } = options;
  if (signal?.aborted) throw aborted();
  const list = [...files];
  const shipments = list.map((file) => shipment(file.size, (progress) => onProgress?.(progress, file)));
  const results: UploadResult<D>[] = [];
  const open = new Set<string>();
  const run = async (): Promise<void> => {
    const [uploads, deadline] = await create(url, list, options);
    for (const { ticket } of uploads) open.add(ticket);
    // Aborted before there was a ticket to cancel.
    if (signal?.aborted) cancel(url, open, options);
    const left = list.entries();
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        for (const [at, file] of left) {
          const [upload, bytes] = [uploads[at] as Upload, shipments[at] as Shipment];
          const job = { ...upload, url, file, bytes, options, signal, deadline };
          results[at] = Object.assign({ file }, await putAndComplete(job)) as UploadResult<D>;
          open.delete(upload.ticket);
        }
      }),
    );
  };
  return await new Promise((resolve, reject) => {
    const stop = (): void => {
      cancel(url, open, options);
      reject(aborted());
    };
    signal?.addEventListener('abort', stop);
    run()
      .then(() => resolve(results), reject)
      .finally(() => signal?.removeEventListener('abort', stop));
  });
}

/** What the server says to do with each file, or nothing if it rejects one; and until when, by `performance.now()`. */
async function create(
  url: string,
  list: readonly File[],
  { field, fields, ...by }: UploadDirectOptions,
): Promise<[uploads: readonly Upload[], deadline: number]> {
  const described = list.map(async (file) => {
    const { name, type, size } = file;
    const start = await file
      .slice(0, 4096)
      .arrayBuffer()
      .catch(() => Promise.reject(new UploadError('FILE_UNREADABLE', 0, `${name} cannot be read.`)));
    return { name, type, size, field, head: btoa(String.fromCharCode(...new Uint8Array(start))) };
  });
  const response = await post(url, { files: await Promise.all(described), fields }, by);
  const { uploads = [] } = { ...(await read<{ uploads?: Upload[] } | undefined>(response)) };
  if (uploads.length !== list.length) throw unreadable(response.status);
  // By the clock of the server, since that of the browser may be wrong.
  const now = Date.parse(response.headers.get('Date') ?? '') || Date.now();
  return [uploads, performance.now() + Date.parse(uploads[0]?.expiresAt ?? '') - now];
}
