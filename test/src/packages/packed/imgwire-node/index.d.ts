// How the official SDK declares its client, in words of our own: enums without values, nulls beside absent properties,
// Date objects, and classes with private members. It is what `client` must take, and what the stand-in is built to.

/** The SDK gives each member a value by a cast to `any`, so that none is left in its declarations. */
export declare enum SupportedMimeType {
  image_jpeg,
  image_png,
  image_webp,
}

export declare enum ImageStatus {
  PENDING,
  PROCESSING,
  READY,
  QUARANTINE,
}

/** An empty class: the SDK has no type for "a scalar". */
export declare class CustomMetadataValue {}

export declare class StandardUploadCreateSchema {
  content_length?: number | null;
  custom_metadata?: { [key: string]: CustomMetadataValue };
  file_name: string;
  hash_sha256?: string | null;
  idempotency_key?: string | null;
  mime_type?: SupportedMimeType;
  purpose?: string | null;
  static discriminator: string | undefined;
}

export declare class ImageSchema {
  can_upload: boolean;
  cdn_url: string;
  created_at: Date;
  custom_metadata: { [key: string]: CustomMetadataValue };
  deleted_at: Date | null;
  environment_id: string | null;
  exif_data: { [key: string]: unknown };
  extension: string;
  hash_sha256: string | null;
  height: number;
  id: string;
  idempotency_key: string | null;
  is_directly_deliverable: boolean;
  mime_type: SupportedMimeType;
  original_filename: string;
  processed_metadata_at: Date | null;
  purpose: string | null;
  size_bytes: number;
  status: ImageStatus;
  updated_at: Date;
  upload_token_id: string | null;
  width: number;
  static discriminator: string | undefined;
}

export declare class UploadTokenCreateResponseSchema {
  created_at: Date;
  environment_id: string;
  expires_at: Date;
  id: string;
  token: string;
  updated_at: Date;
  used_at: Date | null;
  static discriminator: string | undefined;
}

export declare enum ImageDownloadStatus {
  PENDING,
  PROCESSING,
  READY,
  FAILED,
}

export declare class ImageDownloadJobSchema {
  created_at: Date;
  download_url: string | null;
  environment_id: string | null;
  id: string;
  image_ids: Array<string>;
  status: ImageDownloadStatus;
  updated_at: Date;
  static discriminator: string | undefined;
}

/** What both calls about many images take; the SDK has a class for each. */
export declare class ImageIdsSchema {
  image_ids: Array<string>;
  static discriminator: string | undefined;
}

export type ImgwireImage = ImageSchema & { url(options?: { width?: number | string }): string };

export type UploadViaUrlInput = {
  customMetadata?: { [key: string]: CustomMetadataValue };
  fileName?: string | null;
  idempotencyKey?: string | null;
  mimeType?: SupportedMimeType | (string & {});
  purpose?: string | null;
  url: string | URL;
};

export type PaginatedResult<T> = {
  data: T[];
  pagination: {
    limit: number | null;
    nextPage: number | null;
    page: number | null;
    prevPage: number | null;
    totalCount: number | null;
  };
};

declare class BaseResource {
  protected readonly context: { maxRetries?: number };
  constructor(context: { maxRetries?: number });
}

export declare class ImagesResource extends BaseResource {
  private readonly api;
  create(
    input: StandardUploadCreateSchema,
    options?: { uploadToken?: string },
  ): Promise<{ upload_url: string; image: ImgwireImage }>;
  bulkDelete(input: ImageIdsSchema): Promise<Record<string, string | null>>;
  createBulkDownloadJob(input: ImageIdsSchema): Promise<ImageDownloadJobSchema>;
  retrieveBulkDownloadJob(imageDownloadJobId: string): Promise<ImageDownloadJobSchema>;
  createUploadToken(): Promise<UploadTokenCreateResponseSchema>;
  delete(imageId: string): Promise<Record<string, string | null>>;
  list(input?: { limit?: number; page?: number }): Promise<PaginatedResult<ImgwireImage>>;
  retrieve(imageId: string): Promise<ImgwireImage>;
  uploadViaUrl(input: UploadViaUrlInput): Promise<ImgwireImage>;
}

export type ImgwireClientOptions = { apiKey: string; baseUrl?: string; maxRetries?: number };

export declare class ImgwireClient {
  readonly images: ImagesResource;
  readonly options: ImgwireClientOptions;
  constructor(options: ImgwireClientOptions);
}
