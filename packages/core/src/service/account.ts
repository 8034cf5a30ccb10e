/** An origin from which browsers may create uploads with a client key. If there is none, every origin may. */
export interface CorsOrigin {
  readonly id: string;
  readonly environment_id: string;
  /** A host such as `app.example.com` or `*.example.com`, with its port if that is not the scheme's own. */
  readonly pattern: string;
  /** RFC 3339, as is the other time. */
  readonly created_at: string;
  readonly updated_at: string;
}

/** The host of your own from which images are delivered. */
export interface CustomDomain {
  readonly id: string;
  readonly environment_id: string;
  readonly hostname: string;
  /** The two records that its DNS must have. */
  readonly cname_record: string;
  readonly cname_value: string;
  readonly dcv_cname_record: string;
  readonly dcv_cname_value: string;
  readonly certificate_status: 'PENDING' | 'ACTIVE' | 'FAILING';
  readonly status: 'PENDING' | 'CONNECTED' | 'FAILED';
  /** RFC 3339, as are the other times. */
  readonly last_verified_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Which period to measure. */
export interface MetricsQuery {
  /** How long each interval is. @default 'HOURLY' */
  readonly interval?: 'HOURLY' | 'DAILY' | 'WEEKLY' | 'MONTHLY' | undefined;
  /** The time zone of the intervals, such as `Europe/Berlin`. @default 'UTC' */
  readonly tz?: string | undefined;
  /** When the period begins. @default the service's own for the interval */
  readonly dateStart?: Date | undefined;
  /** When it ends. @default now */
  readonly dateEnd?: Date | undefined;
}

/** A figure of the period, and that of the period before. */
export interface MetricsStat {
  readonly value: number;
  readonly prev: number;
  /** By how many percent it has changed; null if that cannot be said. */
  readonly pct_change: number | null;
}

/** What an Environment used in a period, in all. */
export type MetricsStats = Readonly<
  Record<
    'uploads' | 'transformations' | 'requests' | 'transfer_bytes' | 'cache_hit_ratio' | 'storage_bytes',
    MetricsStat
  >
>;

/** A point of a series: the start of its interval (RFC 3339), and what was used in it. */
export type MetricsPoint<Name extends string> = { readonly timestamp: string } & Readonly<
  Record<Name, number>
>;

/** What an Environment used in a period, by interval. */
export interface MetricsDatasets {
  readonly uploads: readonly MetricsPoint<'uploads'>[];
  readonly transformations: readonly MetricsPoint<'transformations'>[];
  readonly requests: readonly MetricsPoint<'requests'>[];
  readonly transfer_bytes: readonly MetricsPoint<'transfer_bytes'>[];
  /** Requests of the whole period, by how the cache responded to them. */
  readonly cache_hit_ratio: readonly { readonly label: string; readonly value: number }[];
  readonly storage_bytes: readonly MetricsPoint<'storage_bytes_current' | 'storage_bytes_added'>[];
}
