import { CHECKS, type Check, definedOf } from '@imgwire/core/adapter';
import { assertEmulatorOptions, check, duration, integer, oneOf } from './check.ts';
import { type ImageMimeType, isImageMimeType } from './image-types.ts';

/** The options of the emulator. Each has a default: `startEmulator()` alone is a working service in memory. */
export interface EmulatorOptions {
  /** The TCP port to listen on. 0 takes any free one. @default 0 */
  readonly port?: number | undefined;
  /** The address to listen on. @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** The folder that keeps records and bytes across restarts. Without it, everything is in memory. */
  readonly dir?: string | undefined;
  /** The server key that the API accepts. @default generated, `sk_…`; kept in `dir` if there is one */
  readonly apiKey?: string | undefined;
  /** The client key that create and retrieve accept. @default generated, `ck_…`; kept in `dir` if there is one */
  readonly clientKey?: string | undefined;
  /**
   * The beginning of `upload_url` and `cdn_url`. Set it if clients reach the emulator by another address, such as through a
   * proxy or from a container. @default the listening address
   */
  readonly publicUrl?: string | undefined;
  /**
   * How long an image takes from the end of its PUT to READY, in milliseconds: half PENDING, half PROCESSING. With 0 it is READY
   * before the response to the PUT. @default 0
   */
  readonly readyDelayMs?: number | undefined;
  /** How long a presigned upload URL is valid, in milliseconds. @default 900000 (15 minutes) */
  readonly uploadUrlTtlMs?: number | undefined;
  /** How long an upload token is valid, in milliseconds. @default 86400000 (24 hours) */
  readonly uploadTokenTtlMs?: number | undefined;
  /** Whether an upload token is used up by the first create. @default true */
  readonly singleUseTokens?: boolean | undefined;
  /** Whether the client key may create without an upload token. @default true */
  readonly allowUnsignedUpload?: boolean | undefined;
  /** What a create with a known `idempotency_key` gets: the same record, a 409, or a new record. @default 'replay' */
  readonly idempotency?: 'replay' | 'conflict' | 'ignore' | undefined;
  /** What a second PUT to an image may do: send the same bytes, replace them, or nothing. @default 'same-bytes' */
  readonly repeatedPut?: 'same-bytes' | 'overwrite' | 'reject' | undefined;
  /**
   * What a presigned URL holds a PUT to: the declared type and length, the type alone, or nothing. @default 'strict'
   */
  readonly presigned?: 'strict' | 'type' | 'none' | undefined;
  /** Where the `mime_type` of a record comes from: the bytes, or what the create call declared. @default 'measured' */
  readonly mimeType?: 'measured' | 'declared' | undefined;
  /** Whether an image is READY before its dimensions are known: in the middle of `readyDelayMs`. @default false */
  readonly readyBeforeMetadata?: boolean | undefined;
  /** How many records may be PENDING at once, at least 5. @default no limit */
  readonly maximumPendingUploads?: number | undefined;
  /** The largest `content_length` that the client key may declare, in bytes, 5120 to 104857600. @default 52428800 */
  readonly maximumUploadBytes?: number | undefined;
  /** The types that the client key may upload. @default all ten */
  readonly allowedMimeTypes?: readonly ImageMimeType[] | undefined;
  /** How many entries `requests` keeps, of 64 KiB each on average. The oldest are dropped first. @default 10000 */
  readonly requestLogLimit?: number | undefined;
}

/** The options with their defaults. An option without a default stays absent. */
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
  presigned: 'strict',
  mimeType: 'measured',
  readyBeforeMetadata: false,
  maximumUploadBytes: 52_428_800,
  requestLogLimit: 10_000,
};

const { flag, httpUrl, text } = CHECKS.value;
const OPTION_CHECKS: { readonly [Name in keyof Required<EmulatorOptions>]: Check } = {
  port: integer(0, 65_535),
  host: text,
  dir: text,
  apiKey: keyOf('server', 'client', 'ck_'),
  clientKey: keyOf('client', 'server', 'sk_'),
  publicUrl: httpUrl,
  readyDelayMs: duration,
  uploadUrlTtlMs: duration,
  uploadTokenTtlMs: duration,
  singleUseTokens: flag,
  allowUnsignedUpload: flag,
  idempotency: oneOf('replay', 'conflict', 'ignore'),
  repeatedPut: oneOf('same-bytes', 'overwrite', 'reject'),
  presigned: oneOf('strict', 'type', 'none'),
  mimeType: oneOf('measured', 'declared'),
  readyBeforeMetadata: flag,
  maximumPendingUploads: integer(5),
  maximumUploadBytes: integer(5120, 104_857_600),
  allowedMimeTypes: check(
    'an array of the image types that Imgwire accepts',
    (value) => Array.isArray(value) && value.every(isImageMimeType),
  ),
  requestLogLimit: integer(1),
};

/** A key that `Authorization` can carry, and not of the other kind: the SDKs and the middleware reject that one. */
function keyOf(kind: string, other: string, prefix: string): Check {
  return check(
    `a ${kind} key, of ASCII characters without spaces: ${prefix} is what ${other} keys begin with`,
    (value) => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) && !value.startsWith(prefix),
  );
}

/**
 * Validates the options, and fills in the defaults.
 * @throws TypeError that names the option and what it takes
 */
export function resolveOptions(options: EmulatorOptions): ResolvedOptions {
  assertEmulatorOptions('startEmulator()', options, OPTION_CHECKS);
  return Object.freeze({ ...DEFAULTS, ...definedOf(options) });
}
