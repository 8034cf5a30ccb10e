import type { Emulator } from '@imgwire/emulator';
import type { CreateBody, ImgwireClientLike } from '@imgwire/express';

/** An API failure as the official SDK throws it: a generic message, and the whole response with the request's key. */
class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly response: object;
  readonly body: unknown;
  readonly statusCode: number;

  constructor(response: object, body: unknown, statusCode: number) {
    super('HTTP request failed');
    this.response = response;
    this.body = body;
    this.statusCode = statusCode;
  }
}

/** An object shaped like the official `ImgwireClient`: Date objects in its records, `url` an own property. */
export function sdkShapedClient({ url, apiKey }: Emulator): ImgwireClientLike {
  const call = async (
    method: string,
    path: string,
    body?: object,
  ): Promise<{ json: object; headers: Headers }> => {
    const headers = {
      authorization: `Bearer ${apiKey}`,
      ...(body && { 'content-type': 'application/json' }),
    };
    const response = await fetch(`${url}/api/v1/images/${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = JSON.parse(text) as object;
    if (!response.ok) throw new HttpError({ request: { headers } }, json, response.status);
    return { json, headers: response.headers };
  };
  const extend = (record: object): object => ({
    ...record,
    created_at: new Date((record as { created_at: string }).created_at),
    url: () => 'from the SDK',
  });
  return {
    images: {
      create: async (input: CreateBody) => {
        const { json } = await call('POST', 'standard_upload', input);
        const created = json as { image: object; upload_url: string };
        return { ...created, image: extend(created.image) };
      },
      retrieve: async (id) => extend((await call('GET', id)).json),
      list: async (query) => {
        const { json } = await call('GET', `?${new URLSearchParams(query as Record<string, string>)}`);
        return { data: (json as object[]).map(extend), pagination: {} };
      },
      delete: async (id) => (await call('DELETE', id)).json,
      uploadViaUrl: async (input) => extend((await call('POST', 'upload_via_url', input)).json),
      createUploadToken: async () => (await call('POST', 'token')).json,
    },
  };
}
