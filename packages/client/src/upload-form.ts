import { read, send, shipment } from './exchange.ts';
import type { UploadFormOptions } from './options.ts';

/**
 * Uploads through your server: one form, and the JSON of its response, or undefined for one without a body. A form is never sent
 * again by itself, because the server may have stored the images of one whose response was lost.
 *
 * @throws UploadError
 */
export async function uploadForm<T = unknown>(
  url: string,
  files: Iterable<File>,
  options: UploadFormOptions = {},
): Promise<T> {
  const { field = 'file', fields = {}, onProgress } = options;
  const list = [...files];
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const file of list) form.append(field, file);
  const size = list.reduce((sum, file) => sum + file.size, 0);
  const bytes = shipment(size, onProgress);
  return await read<T>(await send('POST', url, form, bytes, options));
}
