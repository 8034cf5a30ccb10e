import { type Check, checkProperties, duration, flag, oneOf, text, whole } from './check.ts';
import { type ImageMimeType, isImageMimeType } from './image-types.ts';
import { urlOf } from './url-of.ts';

/**
 * The configuration of the emulator. Everything has a default; `startEmulator()` alone is a working service in
 * memory.
 */
export interface EmulatorOptions {
  /** TCP port to listen on; 0 takes any free one. @default 0 */
  readonly port?: number | undefined;
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** Folder that keeps records and bytes across restarts. Absent: everything is in memory. */
  readonly dir?: string | undefined;
  /** Server key that the API accepts. @default generated, `sk_…`; kept in `dir` if there is one */
  readonly apiKey?: string | undefined;
  /** Client key that create and retrieve accept. @default generated, `ck_…`; kept in `dir` if there is one */
  readonly clientKey?: string | undefined;
  /**
   * What `upload_url` and `cdn_url` begin with, for callers behind a proxy or in a container. @default the
   * listening address
   */
  readonly publicUrl?: string | undefined;
  /**
   * Time from the end of the PUT to READY, half in PENDING and half in PROCESSING. 0: READY before the
   * response to the PUT. @default 0
   */
  readonly readyDelayMs?: number | undefined;
  /** Lifetime of a presigned upload URL. @default 900000 (15 minutes) */
  readonly uploadUrlTtlMs?: number | undefined;
  /** Lifetime of an upload token. @default 86400000 (24 hours) */
  readonly uploadTokenTtlMs?: number | undefined;
  /** Whether an upload token is used up by the first create. @default true */
  readonly singleUseTokens?: boolean | undefined;
  /** Whether the client key may create without an upload token. @default true */
  readonly allowUnsignedUpload?: boolean | undefined;
  /**
   * What a create with a known `idempotency_key` returns: the same record, a 409, or a new record. @default
   * 'replay'
   */
  readonly idempotency?: 'replay' | 'conflict' | 'ignore' | undefined;
  /**
   * What a second PUT to one image may do once bytes are stored: repeat the same bytes, replace them, or
   * nothing. @default 'same-bytes'
   */
  readonly repeatedPut?: 'same-bytes' | 'overwrite' | 'reject' | undefined;
  /** Maximum number of PENDING records, at least 5. Absent: no cap. */
  readonly maximumPendingUploads?: number | undefined;
  /**
   * Largest `content_length` that the client key may declare, in bytes, 5120 to 104857600. @default 52428800
   */
  readonly maximumUploadBytes?: number | undefined;
  /** Types that the client key may upload. @default all ten */
  readonly allowedMimeTypes?: readonly ImageMimeType[] | undefined;
  /** Entries that `requests` keeps, of 64 KiB each on average; the oldest are dropped first. @default 10000 */
  readonly requestLogLimit?: number | undefined;
}

/** The options with the defaults filled in; those without one stay absent. */
export type ResolvedOptions = Defaults & EmulatorOptions;

type WithoutDefault =
  | 'dir'
  | 'apiKey'
  | 'clientKey'
  | 'publicUrl'
  | 'maximumPendingUploads'
  | 'allowedMimeTypes';
type Defaults = {
  readonly [Name in keyof Omit<EmulatorOptions, WithoutDefault>]-?: Exclude<EmulatorOptions[Name], undefined>;
};

const DEFAULTS: Defaults = {
  port: 0,
  host: '127.0.0.1',
  readyDelayMs: 0,
  uploadUrlTtlMs: 15 * 60_000,
  uploadTokenTtlMs: 24 * 3_600_000,
  singleUseTokens: true,
  allowUnsignedUpload: true,
  idempotency: 'replay',
  repeatedPut: 'same-bytes',
  maximumUploadBytes: 52_428_800,
  requestLogLimit: 10_000,
};

const CHECKS: { readonly [Name in keyof Required<EmulatorOptions>]: Check } = {
  port: whole(0, 65_535),
  host: text,
  dir: text,
  apiKey: keyOf('server', 'client', 'ck_'),
  clientKey: keyOf('client', 'server', 'sk_'),
  publicUrl: [(value) => typeof value === 'string' && isHttpUrl(value), 'an absolute http or https URL'],
  readyDelayMs: duration,
  uploadUrlTtlMs: duration,
  uploadTokenTtlMs: duration,
  singleUseTokens: flag,
  allowUnsignedUpload: flag,
  idempotency: oneOf('replay', 'conflict', 'ignore'),
  repeatedPut: oneOf('same-bytes', 'overwrite', 'reject'),
  maximumPendingUploads: whole(5, Number.MAX_SAFE_INTEGER),
  maximumUploadBytes: whole(5120, 104_857_600),
  allowedMimeTypes: [
    (value) => Array.isArray(value) && value.every(isImageMimeType),
    'a list of the image types that Imgwire accepts',
  ],
  requestLogLimit: whole(1, Number.MAX_SAFE_INTEGER),
};

/** A key as `Authorization` can carry it, which is not of the other kind: the SDKs and the middleware refuse that one. */
function keyOf(kind: string, other: string, prefix: string): Check {
  return [
    (value) => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) && !value.startsWith(prefix),
    `a ${kind} key, of ASCII characters without spaces: ${prefix} is what ${other} keys begin with`,
  ];
}

function isHttpUrl(value: string): boolean {
  return /^https?:$/.test(urlOf(value)?.protocol ?? '');
}

/**
 * Validates the options and fills in the defaults.
 * @throws TypeError naming the option and what it takes
 */
export function resolveOptions(options: EmulatorOptions): ResolvedOptions {
  checkProperties('startEmulator', options, CHECKS);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.freeze({ ...DEFAULTS, ...Object.fromEntries(given) });
}
