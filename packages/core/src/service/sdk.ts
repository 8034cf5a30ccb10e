import { definedOf } from '../defined-of.ts';
import { isImgwireUploadError } from '../errors.ts';
import { withDeadline } from './deadline.ts';
import { isCreated } from './rest.ts';
import type { CreateBody, CustomMetadata, ImageRecord, Page, Service, UploadToken } from './service.ts';
import { connectionError, refusal, unusableAnswer } from './upstream-error.ts';

/**
 * What we use of an `ImgwireClient` of `@imgwire/node`, written down structurally: the package is an optional peer that
 * users pass in.
 */
export interface ImgwireClientLike {
  readonly images: {
    /** `POST /images/standard_upload` */
    create(body: CreateBody): Promise<{ image: object; upload_url: string }>;
    /** `GET /images/{id}` */
    retrieve(id: string): Promise<object>;
    /** `GET /images/` */
    list(query: { page?: number; limit?: number }): Promise<{ data: object[]; pagination: object }>;
    /** `DELETE /images/{id}` */
    delete(id: string): Promise<unknown>;
    /** `POST /images/upload_via_url` */
    uploadViaUrl(input: {
      url: string;
      fileName?: string;
      mimeType?: string;
      idempotencyKey?: string;
      purpose?: string;
      customMetadata?: CustomMetadata;
    }): Promise<object>;
    /** `POST /images/token` */
    createUploadToken(): Promise<object>;
  };
}

/**
 * The door to Imgwire over the official SDK. Only its API calls are used, each under our own deadline: the SDK has none.
 * Its `upload()` is not used because it cannot be aborted, never repeats the PUT, and leaves the record of a failed
 * upload behind.
 */
export function sdkService(client: ImgwireClientLike, requestTimeoutMs: number): Service {
  const { images } = client;
  const call = <T>(name: string, run: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
    withDeadline(requestTimeoutMs, signal, async () => {
      try {
        return await run();
      } catch (error) {
        throw toError(name, error);
      }
    });

  return {
    create: async (body) => {
      const created: unknown = await call('images.create', () => images.create(body));
      if (!isCreated(created)) throw unusableAnswer('images.create');
      return { image: toWire<ImageRecord>(created.image), upload_url: created.upload_url };
    },
    retrieve: async (id, signal) => toWire(await call('images.retrieve', () => images.retrieve(id), signal)),
    list: async (query, signal) =>
      toWire<Page<ImageRecord>>(await call('images.list', () => images.list(definedOf(query)), signal)),
    delete: async (id) => {
      await call('images.delete', () => images.delete(id)).catch((error: unknown) => {
        if (!isImgwireUploadError(error) || error.upstreamStatus !== 404) throw error;
      });
    },
    uploadViaUrl: async (body, signal) => {
      const { url, file_name, mime_type, idempotency_key, purpose, custom_metadata } = body;
      const input = definedOf({
        url,
        fileName: file_name,
        mimeType: mime_type,
        idempotencyKey: idempotency_key,
        purpose,
        customMetadata: custom_metadata,
      });
      return toWire(await call('images.uploadViaUrl', () => images.uploadViaUrl(input), signal));
    },
    createUploadToken: async (signal) => {
      const token = toWire<UploadToken>(
        await call('images.createUploadToken', () => images.createUploadToken(), signal),
      );
      if (typeof token.token !== 'string') throw unusableAnswer('images.createUploadToken');
      return token;
    },
  };
}

/** The SDK makes Date objects and adds a `url` function; the wire form has strings, and is what both doors give. */
function toWire<T>(value: object): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/**
 * The SDK's `HttpError` carries the whole response and with it the request's Authorization header, so only its status and
 * body are read. Anything else it throws is a broken connection or a body that was no JSON.
 */
function toError(name: string, error: unknown): Error {
  const { statusCode, body } = Object(error) as { statusCode?: unknown; body?: unknown };
  if (typeof statusCode === 'number' && (statusCode < 200 || statusCode >= 300)) {
    return refusal({ call: name, status: statusCode, body });
  }
  return connectionError(name, error);
}
