import type { Signal } from '../cancellation.ts';
import type { MetricsQuery } from './account.ts';
import type { Http } from './http.ts';
import type { HttpRequest, HttpResponse } from './http-request.ts';
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
import type { AccountService, Page, Service } from './service.ts';
import {
  type ErrorResponse,
  ignoreNotFound,
  markSentTwice,
  nullIfNotFound,
  toUpstreamError,
} from './upstream-error.ts';

/** Where the API is, and its credentials. */
export interface RestOptions {
  readonly apiKey: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** How long one call may take, from the connect to the end of the response, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Sent as `X-Environment-Id`, for credentials that are not bound to an Environment. */
  readonly environmentId?: string | undefined;
}

type Method = 'GET' | 'POST' | 'DELETE';
interface Call {
  readonly body?: object;
  readonly signal?: Signal | undefined;
  /** See {@link ErrorResponse}. */
  readonly missing?: ErrorResponse['missing'];
  /** The key under which the service does what a POST says once. */
  readonly key?: string | undefined;
}

type RestCall = <T>(
  method: Method,
  path: string,
  read: (call: string, body: unknown, response: HttpResponse) => T,
  options?: Call,
) => Promise<T>;

/** The service over the REST API, on our own connections. */
export function restService(
  http: Pick<Http, 'send'>,
  { apiKey, baseUrl, requestTimeoutMs, environmentId }: RestOptions,
): Service {
  const headers = {
    authorization: `Bearer ${apiKey}`,
    accept: 'application/json',
    'user-agent': '@imgwire/core',
    ...(environmentId !== undefined && { 'x-environment-id': environmentId }),
  };
  const { origin, pathname } = new URL(baseUrl);
  const prefix = pathname === '/' ? '' : pathname;
  const withBody = { ...headers, 'content-type': 'application/json' };
  const call: RestCall = (method, path, read, { body, signal, missing, key } = {}) => {
    const name = `${method} ${path.split('?', 1)[0]}`;
    const request: HttpRequest = {
      call: name,
      method,
      origin,
      path: `${prefix}${path}`,
      headers: body ? withBody : headers,
      body: body && JSON.stringify(body),
      isIdempotent: method !== 'POST' || key !== undefined,
      timeoutMs: requestTimeoutMs,
      signal,
    };
    return http.send(request).then((response) => {
      const { status } = response;
      const content = parse(response.body);
      if (status >= 200 && status < 300) return read(name, content, response);
      const retryAfter = response.header('retry-after');
      const error = toUpstreamError({ call: name, status, body: content, retryAfter, apiKey, missing });
      throw response.wasSentTwice ? markSentTwice(error) : error;
    });
  };

  return {
    origin,
    create: (body) => call('POST', CREATE, toCreated, { body, key: body.idempotency_key }),
    // Only the list route ends in a slash; without it the service redirects, which no client follows.
    list: (query, signal) =>
      call('GET', `/api/v1/images/${toSearch(query)}`, withPagination(toPage(query)), { signal }),
    retrieve: (id, signal) => call('GET', pathOf(id), toRecord, { signal, missing: 'IMAGE_NOT_FOUND' }),
    delete: (id) =>
      call('DELETE', pathOf(id), toDeleted, { missing: 'IMAGE_NOT_FOUND' }).then(nothing, ignoreNotFound),
    uploadViaUrl: (body, signal) =>
      call('POST', VIA_URL, toRecord, { body, signal, key: body.idempotency_key }),
    createUploadToken: (signal) => call('POST', '/api/v1/images/token', toToken, { signal }),
    bulkDelete: (ids) =>
      call('POST', '/api/v1/images/bulk_delete', toDeleted, {
        body: { image_ids: ids },
        missing: 'IMAGE_NOT_FOUND',
      }).then(nothing),
    createBulkDownloadJob: (ids, signal) =>
      call('POST', DOWNLOADS, toDownloadJob, {
        body: { image_ids: ids },
        signal,
        missing: 'IMAGE_NOT_FOUND',
      }),
    retrieveBulkDownloadJob: (id, signal) =>
      call('GET', `${DOWNLOADS}/${encodeURIComponent(id)}`, toDownloadJob, {
        signal,
        missing: 'DOWNLOAD_NOT_FOUND',
      }),
    ...accountCalls(call),
  };
}

const accountCalls = (call: RestCall): AccountService => ({
  listCorsOrigins: (query, signal) =>
    call('GET', `/api/v1/cors_origins/${toSearch(query)}`, withPagination(toCorsOrigins(query)), {
      signal,
    }),
  retrieveCustomDomain: (signal) =>
    call('GET', '/api/v1/custom_domain/', toCustomDomain, { signal }).catch(nullIfNotFound),
  getMetricsStats: (query, signal) =>
    call('GET', `/api/v1/metrics/stats${toSearch(wireQuery(query))}`, toMetricsStats, { signal }),
  getMetricsDatasets: (query, signal) =>
    call('GET', `/api/v1/metrics/datasets${toSearch(wireQuery(query))}`, toMetricsDatasets, { signal }),
});

const nothing = (): void => undefined;
const CREATE = '/api/v1/images/standard_upload';
const VIA_URL = '/api/v1/images/upload_via_url';
const DOWNLOADS = '/api/v1/images/downloads';
const pathOf = (id: string): string => `/api/v1/images/${encodeURIComponent(id)}`;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Reads a page from a body that is the list, and from headers. */
const withPagination =
  <T>(read: Validator<T>) =>
  (call: string, data: unknown, response: HttpResponse): T =>
    read(call, { data, pagination: paginationOf(response) });

const wireQuery = ({ interval, tz, dateStart, dateEnd }: MetricsQuery): object => ({
  interval,
  tz,
  date_start: dateStart?.toISOString(),
  date_end: dateEnd?.toISOString(),
});

function paginationOf({ header }: HttpResponse): Page<never>['pagination'] {
  // The contract types these headers as strings and does not say how "none" is written.
  const number = (name: string): number | null => {
    const value = header(name);
    return value && /^\d+$/.test(value) ? Number(value) : null;
  };
  return {
    totalCount: number('x-total-count'),
    page: number('x-page'),
    limit: number('x-limit'),
    prevPage: number('x-prev-page'),
    nextPage: number('x-next-page'),
  };
}

function toSearch(query: object): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) search.set(key, String(value));
  }
  return search.size > 0 ? `?${search}` : '';
}
