/** What a browser gets for a file that it may upload. */
export interface Begun {
  readonly imageId: string;
  readonly uploadUrl: string;
  readonly headers: Record<string, string>;
  readonly ticket: string;
  readonly expiresAt: string;
}

/** One result of a completion. */
export interface Completed {
  readonly image?: { readonly id: string; readonly status: string; readonly width: number };
  readonly data?: unknown;
  readonly pending?: boolean;
  readonly status?: string;
  readonly error?: { readonly status: number; readonly code: string; readonly detail: string };
}

/** A response of the endpoint. */
export interface DirectResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly code?: string;
  readonly uploads: readonly Begun[];
  readonly results: readonly Completed[];
}

/** A file as a browser declares it. */
export interface Declared {
  readonly name?: string;
  readonly type?: string;
  readonly size?: number;
  readonly field?: string;
  readonly head?: string | undefined;
}

/** Sends JSON to an endpoint, as a page of its own site does. */
export async function postJson(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<DirectResponse> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const { code, uploads = [], results = [] } = text ? (JSON.parse(text) as Partial<DirectResponse>) : {};
  return { status: response.status, headers: response.headers, uploads, results, ...(code && { code }) };
}

/** Declares a file, with its first bytes. */
export const declare = (bytes: Uint8Array, more: Declared = {}): Declared => ({
  name: 'photo.png',
  type: 'image/png',
  size: bytes.length,
  head: Buffer.from(bytes.subarray(0, 4096)).toString('base64'),
  ...more,
});

/** PUTs the bytes where an upload says. Returns the status. */
export async function put({ uploadUrl, headers }: Begun, bytes: Uint8Array): Promise<number> {
  const response = await fetch(uploadUrl, { method: 'PUT', headers, body: bytes as Uint8Array<ArrayBuffer> });
  await response.arrayBuffer();
  return response.status;
}
