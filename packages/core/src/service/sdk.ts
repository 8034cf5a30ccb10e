import type { IncomingMessage } from 'node:http';
import type { Signal } from '../cancellation.ts';
import { isImgwireError } from '../errors.ts';
import { definedOf } from '../options/defined-of.ts';
import { withDeadline } from './deadline.ts';
import {
  toCorsOrigins,
  toCreated,
  toCustomDomain,
  toDeleted,
  toDownloadJob,
  toMetricsDatasets,
  toMetricsStats,
  toPage,
  toRecord,
  toToken,
  type Validator,
} from './response-shapes.ts';
import type { AccountService, Service } from './service.ts';
import {
  connectionError,
  type ErrorResponse,
  ignoreNotFound,
  nullIfNotFound,
  toUpstreamError,
} from './upstream-error.ts';

/**
 * The parts we use of an `ImgwireClient` of `@imgwire/node`, typed structurally: the package is an optional peer that
 * users pass in. Method syntax, and only the required properties of each body: so the SDK's own declarations fit, with their
 * enums and nulls, and so does a stand-in with our types.
 */
export interface ImgwireClientLike {
  /** Only to keep its key out of error messages. */
  readonly options?: { readonly apiKey?: string | undefined } | undefined;
  readonly images: {
    /** `POST /images/standard_upload`, with a `CreateBody` */
    create(body: { file_name: string }): Promise<{ image: object; upload_url: string }>;
    /** `GET /images/{id}` */
    retrieve(id: string): Promise<object>;
    /** `GET /images/` */
    list(query: { page?: number; limit?: number }): Promise<{ data: object[]; pagination: object }>;
    /** `DELETE /images/{id}` */
    delete(id: string): Promise<unknown>;
    /** `POST /images/upload_via_url`, with the names of an `UploadViaUrlBody` in camel case */
    uploadViaUrl(input: { url: string }): Promise<object>;
    /** `POST /images/token` */
    createUploadToken(): Promise<object>;
    /** `POST /images/bulk_delete`; only for `bulkDelete()` */
    bulkDelete?(body: { image_ids: string[] }): Promise<unknown>;
    /** `POST /images/downloads`; only for `createBulkDownloadJob()` */
    createBulkDownloadJob?(body: { image_ids: string[] }): Promise<object>;
    /** `GET /images/downloads/{id}`; only for `retrieveBulkDownloadJob()` and `waitUntilDownloadReady()` */
    retrieveBulkDownloadJob?(id: string): Promise<object>;
  };
  /** Only for `listCorsOrigins()` */
  readonly corsOrigins?: {
    /** `GET /cors_origins/` */
    list(query: { page?: number; limit?: number }): Promise<{ data: object[]; pagination: object }>;
  };
  /** Only for `retrieveCustomDomain()` */
  readonly customDomain?: {
    /** `GET /custom_domain/` */
    retrieve(): Promise<object>;
  };
  /** Only for `getMetricsStats()` and `getMetricsDatasets()` */
  readonly metrics?: {
    /** `GET /metrics/stats` */
    getStats(query: { tz?: string; dateStart?: Date; dateEnd?: Date }): Promise<object>;
    /** `GET /metrics/datasets` */
    getDatasets(query: { tz?: string; dateStart?: Date; dateEnd?: Date }): Promise<object>;
  };
}

type SdkCall = <T>(
  name: string,
  run: () => Promise<unknown>,
  read: Validator<T>,
  options?: { readonly signal?: Signal | undefined } & Pick<ErrorResponse, 'missing'>,
) => Promise<T>;

/**
 * The service over the official SDK. Only its API calls are used, each under our own deadline: the SDK has none.
 * Its `upload()` is not used because it cannot be aborted, never retries the PUT, and leaves the record of a failed
 * upload behind.
 */
export function sdkService(client: ImgwireClientLike, requestTimeoutMs: number): Service {
  const { images, options } = client;
  const call: SdkCall = (name, run, read, { signal, missing } = {}) =>
    withDeadline(requestTimeoutMs, signal, async () => {
      try {
        return read(name, toWire(await run()));
      } catch (error) {
        throw toError(error, { call: name, missing, apiKey: options?.apiKey });
      }
    });

  return {
    create: (body) => call('images.create', () => images.create(body), toCreated),
    retrieve: (id, signal) =>
      call('images.retrieve', () => images.retrieve(id), toRecord, { signal, missing: 'IMAGE_NOT_FOUND' }),
    list: (query, signal) =>
      call('images.list', () => images.list(definedOf(query)), toPage(query), { signal }),
    delete: (id) =>
      call('images.delete', () => images.delete(id), toDeleted, { missing: 'IMAGE_NOT_FOUND' }).then(
        nothing,
        ignoreNotFound,
      ),
    uploadViaUrl: (body, signal) => {
      const { url, file_name, mime_type, idempotency_key, purpose, custom_metadata } = body;
      const input = definedOf({
        url,
        fileName: file_name,
        mimeType: mime_type,
        idempotencyKey: idempotency_key,
        purpose,
        customMetadata: custom_metadata,
      });
      return call('images.uploadViaUrl', () => images.uploadViaUrl(input), toRecord, { signal });
    },
    createUploadToken: (signal) =>
      call('images.createUploadToken', () => images.createUploadToken(), toToken, { signal }),
    bulkDelete: async (ids) => {
      assertHas(images, 'images', 'bulkDelete');
      const run = (): Promise<unknown> => images.bulkDelete({ image_ids: [...ids] });
      await call('images.bulkDelete', run, toDeleted, { missing: 'IMAGE_NOT_FOUND' });
    },
    createBulkDownloadJob: async (ids, signal) => {
      assertHas(images, 'images', 'createBulkDownloadJob');
      const run = (): Promise<unknown> => images.createBulkDownloadJob({ image_ids: [...ids] });
      return call('images.createBulkDownloadJob', run, toDownloadJob, { signal, missing: 'IMAGE_NOT_FOUND' });
    },
    retrieveBulkDownloadJob: async (id, signal) => {
      assertHas(images, 'images', 'retrieveBulkDownloadJob');
      const run = (): Promise<unknown> => images.retrieveBulkDownloadJob(id);
      return call('images.retrieveBulkDownloadJob', run, toDownloadJob, {
        signal,
        missing: 'DOWNLOAD_NOT_FOUND',
      });
    },
    ...accountCalls(client, call),
  };
}

const accountCalls = (client: ImgwireClientLike, call: SdkCall): AccountService => ({
  listCorsOrigins: async (query, signal) => {
    const { corsOrigins } = client;
    assertHas(corsOrigins, 'corsOrigins', 'list');
    return call('corsOrigins.list', () => corsOrigins.list(definedOf(query)), toCorsOrigins(query), {
      signal,
    });
  },
  retrieveCustomDomain: async (signal) => {
    const { customDomain } = client;
    assertHas(customDomain, 'customDomain', 'retrieve');
    const run = (): Promise<unknown> => customDomain.retrieve();
    return call('customDomain.retrieve', run, toCustomDomain, { signal }).catch(nullIfNotFound);
  },
  getMetricsStats: async (query, signal) => {
    const { metrics } = client;
    assertHas(metrics, 'metrics', 'getStats');
    return call('metrics.getStats', () => metrics.getStats(definedOf(query)), toMetricsStats, { signal });
  },
  getMetricsDatasets: async (query, signal) => {
    const { metrics } = client;
    assertHas(metrics, 'metrics', 'getDatasets');
    const run = (): Promise<unknown> => metrics.getDatasets(definedOf(query));
    return call('metrics.getDatasets', run, toMetricsDatasets, { signal });
  },
});

const nothing = (): void => undefined;

/** An older client, or a user's own object, may lack calls that uploads do not need. @throws TypeError that says so */
function assertHas<Resource extends object, Name extends keyof Resource & string>(
  resource: Resource | undefined,
  group: string,
  name: Name,
): asserts resource is Resource & Required<Pick<Resource, Name>> {
  if (typeof resource?.[name] === 'function') return;
  throw new TypeError(
    `The \`client\` has no ${group}.${name}(): update @imgwire/node, or pass \`apiKey\` instead of \`client\`.`,
  );
}

/** The SDK creates Date objects and adds a `url` function; both transports return the wire format, with strings. */
function toWire(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/**
 * The SDK's `HttpError` carries the whole response and with it the request's Authorization header, so only its status, its
 * body and one header are read. Any other error is a broken connection or a body that the SDK could not parse.
 */
function toError(error: unknown, about: Pick<ErrorResponse, 'call' | 'missing' | 'apiKey'>): Error {
  if (isImgwireError(error)) return error;
  const { statusCode, body, response } = Object(error) as Partial<HttpErrorLike>;
  if (typeof statusCode !== 'number' || (statusCode >= 200 && statusCode < 300)) {
    return connectionError(about.call, error);
  }
  const retryAfter = response?.headers?.['retry-after'];
  return toUpstreamError({ ...about, status: statusCode, body, retryAfter });
}

/** The parts we read of the SDK's error. */
interface HttpErrorLike {
  readonly statusCode: number;
  readonly body: unknown;
  readonly response: Partial<Pick<IncomingMessage, 'headers'>>;
}
