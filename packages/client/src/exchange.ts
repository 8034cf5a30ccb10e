import type { UploadFormOptions, UploadProgress } from './options.ts';
import { aborted, lost, type Problem, problem, unreadable } from './upload-error.ts';

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
  const bytes: Shipment = {
    size,
    phase: 'preparing',
    tell: (phase, loaded) => {
      bytes.phase = phase;
      most = Math.min(size, Math.max(most, loaded));
      const progress = { phase, loaded: most, total: size };
      queueMicrotask(() => listener?.(progress));
    },
  };
  bytes.tell('preparing', 0);
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
      // A status that no Response can have is no response either.
      if (status < 200 || status > 599) return reject(signal?.aborted ? aborted() : lost());
      const response = new Response(responseText || null, { status });
      // getResponseHeader() would log an error for a header that may not be read.
      response.headers.set(
        'Retry-After',
        /^retry-after: *(\d+)/im.exec(xhr.getAllResponseHeaders())?.[1] ?? '',
      );
      resolve(response);
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
  const all = new Headers(headers);
  all.set('Content-Type', 'application/json');
  return fetch(url, {
    method: 'POST',
    headers: all,
    body,
    credentials: credentials ?? 'same-origin',
    // A completion and a cancel outlive the page, as far as a browser can, which keeps 64 KiB.
    keepalive: !('files' in json) && body.length < 60_000,
  }).catch(() => Promise.reject(lost()));
}

/** The JSON of a response, also of a failure that tells of each file. @throws UploadError */
export async function read<T>(response: Response): Promise<T> {
  const text = await response.text().catch(() => Promise.reject(lost()));
  const body = (await new Response(text).json().catch(() => undefined)) as T & { results?: unknown };
  if (!response.ok && !body?.results)
    throw problem({ ...(body as Problem) }, response.status, response.headers.get('Retry-After'));
  if (text && body === undefined) throw unreadable(response.status);
  return body;
}
