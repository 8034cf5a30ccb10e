import type { UploadFormOptions, UploadProgress } from './options.ts';
import { aborted, lost, problem, unreadable } from './upload-error.ts';

type Connection = Pick<UploadFormOptions, 'headers' | 'credentials' | 'signal'>;

/** Bytes on their way. */
export interface Shipment {
  readonly size: number;
  phase: UploadProgress['phase'];
  tell(phase: UploadProgress['phase'], loaded: number): void;
}

/** Tells the listener of each step, in a microtask: what it throws there stops nothing. */
export function shipment(size: number, listener: ((progress: UploadProgress) => void) | undefined): Shipment {
  let most = 0;
  const tell = (phase: UploadProgress['phase'], loaded: number): void => {
    bytes.phase = phase;
    most = Math.min(size, Math.max(most, loaded));
    const progress = { phase, loaded: most, total: size };
    queueMicrotask(() => listener?.(progress));
  };
  const bytes: Shipment = { size, phase: 'preparing', tell };
  tell('preparing', 0);
  return bytes;
}

/** Sends bytes by XMLHttpRequest, as fetch() tells no progress. @throws UploadError if there is no response */
export function send(
  method: string,
  url: string,
  body: Blob | FormData,
  { size, tell }: Shipment,
  { headers = {}, credentials, signal }: Connection,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw aborted();
    const xhr = new XMLHttpRequest();
    const stop = (): void => xhr.abort();
    // What is beside the files, such as text fields, comes before them, and is not counted.
    xhr.upload.onprogress = ({ loaded, total }) => tell('sending', size - (total - loaded));
    xhr.upload.onload = () => tell('processing', size);
    xhr.onloadend = () => {
      signal?.removeEventListener('abort', stop);
      const { status, responseText } = xhr;
      // getResponseHeader() would log an error for a header that may not be read.
      const after = /^retry-after: *(\d+)/im.exec(xhr.getAllResponseHeaders())?.[1] ?? '';
      // A status that no Response can have is no response either.
      if (status >= 200 && status < 600)
        resolve(new Response(responseText || null, { status, headers: { 'Retry-After': after } }));
      else reject(signal?.aborted ? aborted() : lost());
    };
    xhr.open(method, url);
    xhr.withCredentials = credentials === 'include';
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    signal?.addEventListener('abort', stop);
    tell('sending', 0);
    xhr.send(body);
  });
}

/** Sends JSON. @throws UploadError `NETWORK` */
export function post(url: string, json: object, { headers, credentials }: Connection): Promise<Response> {
  const body = JSON.stringify(json);
  // A completion and a cancel outlive the page, as far as a browser can, which keeps 64 KiB.
  const keepalive = !('files' in json) && body.length < 60_000;
  return fetch(url, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body,
    credentials: credentials ?? 'same-origin',
    keepalive,
  }).catch(() => Promise.reject(lost()));
}

/** The JSON of a response, also of a failure that tells of each file. @throws UploadError */
export async function read<T>(response: Response): Promise<T> {
  const { status, ok, headers } = response;
  const text = await response.text().catch(() => Promise.reject(lost()));
  const body = (await new Response(text).json().catch(() => undefined)) as T & { results?: unknown };
  if (!ok && !body?.results) throw problem(body, status, headers.get('Retry-After'));
  if (text && body === undefined) throw unreadable(status);
  return body;
}
