// The contract of the service, written out and not imported from core: the tests run core against it.

/** An upload token as in the API. Times are RFC 3339. */
export interface UploadToken {
  readonly id: string;
  readonly environment_id: string;
  readonly token: string;
  readonly expires_at: string;
  readonly used_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A CORS origin as in the API. Its pattern is a host, with `*.` in front for any subdomain, and a port if not the default. */
export interface CorsOrigin {
  readonly id: string;
  readonly environment_id: string;
  readonly pattern: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** The custom domain as in the API. */
export interface CustomDomain {
  readonly id: string;
  readonly environment_id: string;
  readonly hostname: string;
  readonly cname_record: string;
  readonly cname_value: string;
  readonly dcv_cname_record: string;
  readonly dcv_cname_value: string;
  readonly certificate_status: 'PENDING' | 'ACTIVE' | 'FAILING';
  readonly status: 'PENDING' | 'CONNECTED' | 'FAILED';
  readonly last_verified_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A stored download job. Its `status` and `download_url` follow from its age. */
export interface DownloadJob {
  readonly id: string;
  readonly environment_id: string | null;
  readonly image_ids: readonly string[];
  readonly created_at: string;
  readonly updated_at: string;
}
