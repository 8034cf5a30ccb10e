import { waitUntilReady } from './actions';

/** What a browser needs to upload by itself. It is public, and so is a client key. */
export interface DirectUploads {
  /** A client key (`ck_…`). */
  readonly clientKey: string;
  readonly baseUrl: string;
}

/** Called with the share of the file that was sent, 0 to 1. */
type OnProgress = (share: number) => void;

/** Uploads through the route of this app. @throws Error that says what went wrong */
export async function uploadThroughApp(file: File, onProgress: OnProgress): Promise<void> {
  const form = new FormData();
  form.append('image', file);
  await send('POST', '/images', form, onProgress);
}

/** Uploads straight to Imgwire, with a token from this app. @throws Error that says what went wrong */
export async function uploadDirectly(
  file: File,
  { clientKey, baseUrl }: DirectUploads,
  onProgress: OnProgress,
): Promise<void> {
  const { uploadToken } = await post<{ uploadToken: string }>('/api/imgwire/upload-token');
  const query = new URLSearchParams({ upload_token: uploadToken });
  const created = await post<{ upload_url: string; image: { id: string } }>(
    `${baseUrl}/api/v1/images/standard_upload?${query}`,
    {
      headers: { Authorization: `Bearer ${clientKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ file_name: file.name, content_length: file.size, mime_type: file.type || null }),
    },
  );
  await send('PUT', created.upload_url, file, onProgress);
  const problem = await waitUntilReady(created.image.id);
  if (problem) throw new Error(problem);
}

async function post<T>(url: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(url, { ...init, method: 'POST' });
  if (!response.ok) throw new Error(inWords(await response.text(), response.status));
  return (await response.json()) as T;
}

/** An XMLHttpRequest, because fetch has no upload progress. */
function send(method: string, url: string, body: FormData | File, onProgress: OnProgress): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onerror = () => reject(new Error('The connection was lost.'));
    request.onload = () =>
      request.status < 300 ? resolve() : reject(new Error(inWords(request.responseText, request.status)));
    request.open(method, url);
    request.send(body);
  });
}

/** The `detail` of problem details, which is a text, or of Imgwire, where it may be a list. */
function inWords(body: string, status: number): string {
  try {
    const [detail] = [JSON.parse(body).detail].flat();
    return detail.msg ?? detail;
  } catch {
    return `The server responded with ${status}.`;
  }
}
