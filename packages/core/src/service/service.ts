import type { Signal } from '../cancellation.ts';
import type { ImageType } from '../inspect/inspect.ts';
import type { CorsOrigin, CustomDomain, MetricsDatasets, MetricsQuery, MetricsStats } from './account.ts';

/** An image record as Imgwire sends it: 22 fields, in the service's own names. */
export interface ImageRecord {
  readonly id: string;
  readonly environment_id: string | null;
  readonly upload_token_id: string | null;
  readonly original_filename: string;
  readonly hash_sha256: string | null;
  readonly status: ImageStatus;
  readonly cdn_url: string;
  readonly mime_type: ImageType;
  readonly can_upload: boolean;
  readonly is_directly_deliverable: boolean;
  readonly extension: string;
  /** Pixels; 0 until the service has processed the image. */
  readonly width: number;
  /** Pixels; 0 until the service has processed the image. */
  readonly height: number;
  readonly size_bytes: number;
  readonly custom_metadata: CustomMetadata;
  readonly exif_data: Readonly<Record<string, unknown>>;
  /** RFC 3339, as are the other times. */
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleted_at: string | null;
  readonly processed_metadata_at: string | null;
  readonly idempotency_key: string | null;
  readonly purpose: string | null;
}

/** PENDING until the bytes have arrived, PROCESSING until they have been read, then READY or QUARANTINE. */
export type ImageStatus = 'PENDING' | 'PROCESSING' | 'READY' | 'QUARANTINE';

/** Your own metadata of an image: flat, scalars only. */
export type CustomMetadata = Readonly<Record<string, string | number | boolean>>;

/** The body of the create call (`StandardUploadCreate`). */
export interface CreateBody {
  readonly file_name: string;
  readonly mime_type?: ImageType;
  readonly content_length?: number;
  readonly hash_sha256?: string;
  readonly idempotency_key?: string;
  readonly purpose?: string;
  readonly custom_metadata?: CustomMetadata;
}

/** The body of the call for an upload via URL (`UploadViaUrlCreate`). */
export interface UploadViaUrlBody {
  readonly url: string;
  readonly file_name?: string;
  readonly mime_type?: ImageType;
  readonly idempotency_key?: string;
  readonly purpose?: string;
  readonly custom_metadata?: CustomMetadata;
}

/** A short-lived token with which a browser may create one upload. */
export interface UploadToken {
  readonly id: string;
  readonly environment_id: string;
  readonly token: string;
  /** RFC 3339, as are the other times. */
  readonly expires_at: string;
  readonly used_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A job of the service that puts the originals of many images into one file. */
export interface DownloadJob {
  readonly id: string;
  readonly environment_id: string | null;
  readonly status: 'PENDING' | 'PROCESSING' | 'READY' | 'FAILED';
  /** The ids of the images. */
  readonly image_ids: readonly string[];
  /** Where the file is, once the job is READY; anyone with the URL can download it. */
  readonly download_url: string | null;
  /** RFC 3339, as is the other time. */
  readonly created_at: string;
  readonly updated_at: string;
}

/** A job whose file is ready. */
export type ReadyDownload = DownloadJob & { readonly status: 'READY'; readonly download_url: string };

/** Which page of the list to return. */
export interface ListQuery {
  /** The number of the page, from 1; 1 by default. */
  readonly page?: number | undefined;
  /** How many records are on a page, 1 to 100; 20 by default. */
  readonly limit?: number | undefined;
}

/** One page of records. The number of a page that does not exist is null. */
export interface Page<T> {
  readonly data: T[];
  readonly pagination: {
    readonly totalCount: number | null;
    readonly page: number | null;
    readonly limit: number | null;
    readonly prevPage: number | null;
    readonly nextPage: number | null;
  };
}

/** The calls of Imgwire's API about the Environment. */
export interface AccountService {
  listCorsOrigins(query: ListQuery, signal?: Signal): Promise<Page<CorsOrigin>>;
  /** Null if the Environment has none. */
  retrieveCustomDomain(signal?: Signal): Promise<CustomDomain | null>;
  getMetricsStats(query: MetricsQuery, signal?: Signal): Promise<MetricsStats>;
  getMetricsDatasets(query: MetricsQuery, signal?: Signal): Promise<MetricsDatasets>;
}

/**
 * Imgwire's API: each method makes one attempt of one call. Retries and the PUT of the bytes are up to the caller.
 *
 * Every method rejects with an `ImgwireError`: `UPSTREAM_REJECTED`, `ACCOUNT_LIMIT_REACHED`, `UPSTREAM_UNAVAILABLE` or
 * `UPSTREAM_TIMEOUT`; those that take ids also with `IMAGE_NOT_FOUND`, or `DOWNLOAD_NOT_FOUND`.
 */
export interface Service extends AccountService {
  /** Where the API is, if we make the connections to it. */
  readonly origin?: string;
  create(body: CreateBody): Promise<{ image: ImageRecord; upload_url: string }>;
  retrieve(id: string, signal?: Signal): Promise<ImageRecord>;
  list(query: ListQuery, signal?: Signal): Promise<Page<ImageRecord>>;
  /** A missing record counts as deleted. */
  delete(id: string): Promise<void>;
  uploadViaUrl(body: UploadViaUrlBody, signal?: Signal): Promise<ImageRecord>;
  createUploadToken(signal?: Signal): Promise<UploadToken>;
  bulkDelete(ids: readonly string[]): Promise<void>;
  createBulkDownloadJob(ids: readonly string[], signal?: Signal): Promise<DownloadJob>;
  retrieveBulkDownloadJob(id: string, signal?: Signal): Promise<DownloadJob>;
}
