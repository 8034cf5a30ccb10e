import { urlOf } from '../realm-safe.ts';
import type { CorsOrigin, CustomDomain, MetricsDatasets, MetricsStats } from './account.ts';
import type { DownloadJob, ImageRecord, ListQuery, Page, UploadToken } from './service.ts';
import { malformedResponse } from './upstream-error.ts';

/**
 * Validates the shape of a response, over either transport. A 2xx can have a proxy's page, half a response, or nothing, and the
 * official SDK makes an object of each.
 *
 * @param call for the error
 * @throws ImgwireError `UPSTREAM_UNAVAILABLE`, since another attempt may succeed
 */
export type Validator<T> = (call: string, value: unknown) => T;

const validator =
  <T>(isValid: (value: unknown) => boolean): Validator<T> =>
  (call, value) => {
    if (!isValid(value)) throw malformedResponse(call);
    return value as T;
  };

const at = (value: unknown, key: string): unknown =>
  (value as Record<string, unknown> | null | undefined)?.[key];
const hasTexts = (value: unknown, ...keys: readonly string[]): boolean =>
  keys.every((key) => typeof at(value, key) === 'string' && at(value, key) !== '');
const isImage = (value: unknown): boolean => hasTexts(value, 'id', 'cdn_url');

/** An image. */
export const toRecord: Validator<ImageRecord> = validator(isImage);

/** A record and its upload URL. */
export const toCreated: Validator<{ image: ImageRecord; upload_url: string }> = validator(
  (value) => isImage(at(value, 'image')) && urlOf(String(at(value, 'upload_url'))) !== undefined,
);

/** A download job; one that is READY has a URL. */
export const toDownloadJob: Validator<DownloadJob> = validator(
  (value) =>
    hasTexts(value, 'id', 'status') &&
    (at(value, 'status') !== 'READY' || urlOf(String(at(value, 'download_url'))) !== undefined),
);

/** The response to a delete: an object. A page of a proxy, or nothing, does not say that anything was deleted. */
export const toDeleted: Validator<unknown> = validator(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

/** An upload token. */
export const toToken: Validator<UploadToken> = validator((value) =>
  hasTexts(value, 'id', 'token', 'expires_at'),
);

/**
 * A page of a list. An empty one must be behind the last item that is counted. The SDK makes an empty one of an object that is
 * no list, and who reads page by page would take it for the end.
 */
const pageOf =
  <T>(isItem: (value: unknown) => boolean) =>
  ({ page = 1, limit = 20 }: ListQuery): Validator<Page<T>> =>
    validator((value) => {
      const data = at(value, 'data');
      if (!Array.isArray(data)) return false;
      if (data.length > 0) return data.every(isItem);
      const pagination = at(value, 'pagination');
      const numberOf = (key: string): number | undefined => {
        const number = at(pagination, key);
        return typeof number === 'number' ? number : undefined;
      };
      const before = ((numberOf('page') ?? page) - 1) * (numberOf('limit') ?? limit);
      return before >= (numberOf('totalCount') ?? Number.POSITIVE_INFINITY);
    });

/** A page of images. */
export const toPage: (query: ListQuery) => Validator<Page<ImageRecord>> = pageOf(isImage);

/** A page of CORS origins. */
export const toCorsOrigins: (query: ListQuery) => Validator<Page<CorsOrigin>> = pageOf((value) =>
  hasTexts(value, 'id', 'pattern'),
);

/** The custom domain. */
export const toCustomDomain: Validator<CustomDomain> = validator((value) =>
  hasTexts(value, 'id', 'hostname', 'status'),
);

const METRICS = [
  'uploads',
  'transformations',
  'requests',
  'transfer_bytes',
  'cache_hit_ratio',
  'storage_bytes',
];
const isMetrics =
  (isEach: (metric: unknown) => boolean) =>
  (value: unknown): boolean =>
    METRICS.every((name) => isEach(at(value, name)));

/** The figures of a period. */
export const toMetricsStats: Validator<MetricsStats> = validator(
  isMetrics((stat) => typeof at(stat, 'value') === 'number'),
);

/** The series of a period. */
export const toMetricsDatasets: Validator<MetricsDatasets> = validator(
  isMetrics((series) => Array.isArray(series) && series.every((point) => Object(point) === point)),
);
