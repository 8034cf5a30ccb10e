import { bytes, callback, count, flag, listOf, milliseconds, positive, shape, text } from '../base/checks.ts';
import { definedOf } from '../base/defined-of.ts';
import { assertOptions } from '../base/validate.ts';
import type { Check } from '../base/wrong-option.ts';
import { canonicalImageType, IMAGE_TYPES, type ImageType, type ImageTypeLike } from '../inspect/inspect.ts';
import type { CustomMetadata } from '../service/service.ts';
import { acceptedType } from './accepted-type.ts';
import { assertCounts, filesOf } from './file-counts.ts';

/**
 * multer's limits, with multer's names; every default is finite. multer's `headerPairs` is missing because its parser
 * ignores it: the headers of a part are always limited, to 16 KiB in all.
 */
export interface Limits {
  /** Maximum size of a file, bytes. @default 52_428_800 (50 MiB, the default limit of an Imgwire key) */
  readonly fileSize: number;
  /** Maximum number of files in a form. @default 10, or what its fields take by their `maxCount` if that is more */
  readonly files: number;
  /** Maximum number of text fields in a form. @default 100 */
  readonly fields: number;
  /** Maximum size of a text value, bytes. @default 102_400 (100 KiB, as Express's own body parsers) */
  readonly fieldSize: number;
  /** Maximum size of a field name, bytes. @default 100 */
  readonly fieldNameSize: number;
  /** Maximum number of parts, files and fields together. @default 110, or `files` and `fields` together if that is more */
  readonly parts: number;
  /** Maximum nesting of a field name; `a[b][c]` has 2 levels. @default 5 */
  readonly fieldNestingDepth: number;
  /** Maximum array index in a field name. @default 100 */
  readonly fieldArrayIndexLimit: number;
  /**
   * Maximum size of the request body, bytes; multer has no such limit. A larger Content-Length is rejected before a byte of the
   * body is read. @default the largest form that the other limits, and the rules of the fields, allow
   */
  readonly requestSize: number;
}

/** Some of the limits. */
export type LimitOptions = { readonly [Name in keyof Limits]?: Limits[Name] | undefined };

/** A file of a form, as far as it is known when its upload begins. */
export interface FileInfo {
  /** The form field. */
  readonly fieldname: string;
  /** The client's name of the file. */
  readonly originalname: string;
  /** From the bytes, not as declared by the client. */
  readonly mimetype: ImageType;
  /** Pixels, as far as the start of the file says: a GIF, WebP or TIFF may have a larger picture further on. */
  readonly width?: number;
  /** The same. */
  readonly height?: number;
  /** The text fields that came before the file, and those after it that have arrived. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The labels of an upload at Imgwire. */
export interface UploadMetadata {
  /** What the image is for, 1 to 255 characters. @default none */
  readonly purpose?: string | undefined;
  /** Your own labels, flat: strings, numbers and booleans. @default none */
  readonly customMetadata?: CustomMetadata | undefined;
  /**
   * 1 to 255 characters. The same key again returns the existing image, to whoever sends it: put the user in front of what a client
   * has chosen. @default one per upload
   */
  readonly idempotencyKey?: string | undefined;
  /** The name of the file at Imgwire. @default the client's */
  readonly fileName?: string | undefined;
}

/** Rules for the files of one field; absent ones default to the rules of the form. */
export interface FieldRules {
  /** The name of the form field. */
  readonly name: string;
  /** Maximum number of files in this field; `limits.files` counts those of all fields. @default no limit but `limits.files` */
  readonly maxCount?: number | undefined;
  /** Whether the form must have a file in this field. @default false */
  readonly required?: boolean | undefined;
  /** Maximum size of a file, bytes. @default `limits.fileSize` */
  readonly fileSize?: number | undefined;
  /** Accepted types, as MIME types. @default the `accept` of the form */
  readonly accept?: readonly ImageTypeLike[] | undefined;
  /** Maximum width × height of the largest picture in a file. @default the `maxPixels` of the form */
  readonly maxPixels?: number | undefined;
}

/** What an upload may contain, and how it is handled. */
export interface UploadRules<Request> {
  /** Limits of the form and its files, see {@link Limits}. @default each its own */
  readonly limits?: LimitOptions | undefined;
  /** Accepted MIME types (also `image/jpg` and other aliases). Decided by the bytes. @default the ten of the service */
  readonly accept?: readonly ImageTypeLike[] | undefined;
  /**
   * Maximum width × height of the largest picture in a file. If you set it, a file whose dimensions cannot be determined is
   * `PIXELS_UNKNOWN`; otherwise it passes. @default 250_000_000, the service's own limit
   */
  readonly maxPixels?: number | undefined;
  /** The fields that take files. @default any field */
  readonly fields?: readonly FieldRules[] | undefined;
  /** Whether the form must have a file. @default false */
  readonly required?: boolean | undefined;
  /**
   * Called before a byte of the body is read: only `true` authorizes, anything else is 403 `FORBIDDEN`. An error passes
   * through unchanged.
   */
  readonly authorize?: ((req: Request) => boolean | Promise<boolean>) | undefined;
  /** Called for each file once its type is known; an error fails the request, and an invalid label is `INVALID_METADATA`. */
  readonly metadata?:
    | ((req: Request, file: FileInfo) => UploadMetadata | undefined | Promise<UploadMetadata | undefined>)
    | undefined;
  /**
   * Whether a file above the read-ahead is also kept until it is stored, in memory (`maxReplayBytes`) or in an unlinked
   * temporary file, so that it can be sent again if the PUT fails or the computed length was wrong. Without it nothing
   * touches the disk, and those cases are errors. @default true
   */
  readonly replay?: boolean | undefined;
  /** How much of a file is buffered before anything is sent, bytes; at least 65_536. @default 262_144 */
  readonly readAheadBytes?: number | undefined;
  /** Whether to wait until each image is READY before the handler runs; a number is the timeout, milliseconds. @default false */
  readonly waitUntilReady?: boolean | number | undefined;
  /**
   * Whether to hash the bytes of each file while they stream: `files[].sha256`, in hex. If the hash is known before the record
   * is created, the record has it as `hash_sha256`. @default none
   */
  readonly hash?: 'sha256' | undefined;
  /** Longest wait for the client's next bytes, milliseconds. @default 30_000 */
  readonly stallTimeoutMs?: number | undefined;
  /** Minimum rate of the client, averaged over `stallTimeoutMs`; 0 for none. @default 1_024 */
  readonly minBytesPerSecond?: number | undefined;
  /**
   * Whether to delete the images of a request if its response is an error (4xx or 5xx) or is not sent completely.
   * Core needs the response for it. @default false
   */
  readonly discardOnError?: boolean | undefined;
}

/** The rules of one file. */
export interface FileRules {
  readonly fileSize: number;
  readonly accept: readonly ImageType[];
  readonly maxPixels: number;
  /** Whether an image of unknown dimensions is rejected: when the user has set the limit. */
  readonly pixelsMustBeKnown: boolean;
  readonly readAheadBytes: number;
  readonly replay: boolean;
  /** Longest wait for READY, milliseconds; undefined for none. */
  readonly readyTimeoutMs?: number;
  /** The hash algorithm; undefined for none. */
  readonly hash?: 'sha256';
}

/** {@link UploadRules} with the defaults filled in. */
export interface ResolvedRules<Request> extends FileRules {
  readonly limits: Limits;
  readonly fields: ReadonlyMap<string, FieldRules & FileRules> | undefined;
  readonly required: boolean;
  readonly authorize: UploadRules<Request>['authorize'];
  readonly metadata: UploadRules<Request>['metadata'];
  readonly stallTimeoutMs: number;
  readonly minBytesPerSecond: number;
  readonly discardOnError: boolean;
}

const DEFAULT_LIMITS: Omit<Limits, 'requestSize'> = {
  fileSize: 50 * 1024 * 1024,
  files: 10,
  fields: 100,
  fieldSize: 100 * 1024,
  fieldNameSize: 100,
  parts: 110,
  fieldNestingDepth: 5,
  fieldArrayIndexLimit: 100,
};

const MAX_PIXELS = 250_000_000;
/** How long `waitUntilReady: true` waits, milliseconds. */
export const READY_TIMEOUT_MS = 60_000;

/** The default rules of a file. */
export const DEFAULT_FILE_RULES: FileRules = {
  fileSize: DEFAULT_LIMITS.fileSize,
  accept: IMAGE_TYPES,
  maxPixels: MAX_PIXELS,
  pixelsMustBeKnown: false,
  readAheadBytes: 256 * 1024,
  replay: true,
};

/** A file that begins and ends in one chunk of a socket (64 KiB) must fit, or its offset would be computed wrongly. */
const MIN_READ_AHEAD = 64 * 1024;

/** The checks of {@link FieldRules}. */
export const FIELD_CHECKS: Readonly<Record<keyof FieldRules, Check>> = {
  name: text,
  maxCount: count,
  required: flag,
  fileSize: bytes(),
  accept: listOf(acceptedType),
  maxPixels: positive,
};
// A field without a name could never match.
const fieldShape = shape(FIELD_CHECKS, ['name']);
const field: Check = (value) =>
  typeof value === 'string' ? "objects, such as { name: 'avatar' }" : fieldShape(value);
const fields: Check = (value) => {
  const wrong = listOf(field)(value);
  if (wrong) return wrong;
  const names = (value as readonly FieldRules[]).map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  return twice === undefined
    ? undefined
    : `an array of fields with a name each of its own; "${twice}" is there twice`;
};
const BYTE_LIMITS = ['fileSize', 'fieldSize', 'fieldNameSize', 'requestSize'];
const limitChecks = Object.fromEntries(
  [...Object.keys(DEFAULT_LIMITS), 'requestSize'].map((name) => [
    name,
    BYTE_LIMITS.includes(name) ? bytes() : count,
  ]),
);

/** The checks of {@link UploadRules}, for adapters that take rules and connection options in one object. */
export const RULE_CHECKS: Readonly<Record<keyof UploadRules<unknown>, Check>> = {
  limits: shape(limitChecks),
  accept: listOf(acceptedType),
  maxPixels: positive,
  fields,
  required: flag,
  authorize: callback,
  metadata: callback,
  replay: flag,
  readAheadBytes: bytes(MIN_READ_AHEAD),
  waitUntilReady: (value) =>
    typeof value === 'boolean' || positive(value) === undefined ? undefined : 'true, false or milliseconds',
  hash: (value) => (value === 'sha256' ? undefined : "'sha256'"),
  stallTimeoutMs: milliseconds(),
  minBytesPerSecond: count,
  discardOnError: flag,
};

/**
 * Validates rules and fills in the defaults.
 *
 * @throws TypeError that names the option
 */
export function resolveRules<Request>(rules: UploadRules<Request>): ResolvedRules<Request> {
  assertOptions('upload rules', rules, RULE_CHECKS);
  assertCounts('upload rules', rules);
  const limits = resolveLimits(rules);
  const wait = rules.waitUntilReady;
  const base: FileRules = {
    fileSize: limits.fileSize,
    accept: toTypes(rules.accept) ?? DEFAULT_FILE_RULES.accept,
    maxPixels: rules.maxPixels ?? DEFAULT_FILE_RULES.maxPixels,
    pixelsMustBeKnown: rules.maxPixels !== undefined,
    readAheadBytes: rules.readAheadBytes ?? DEFAULT_FILE_RULES.readAheadBytes,
    replay: rules.replay ?? DEFAULT_FILE_RULES.replay,
    ...(wait && { readyTimeoutMs: wait === true ? READY_TIMEOUT_MS : wait }),
    ...(rules.hash && { hash: rules.hash }),
  };
  const fields = rules.fields?.map((field): [string, FieldRules & FileRules] => [
    field.name,
    {
      ...{ ...base, ...definedOf(field) },
      accept: toTypes(field.accept) ?? base.accept,
      maxPixels: field.maxPixels ?? base.maxPixels,
      pixelsMustBeKnown: base.pixelsMustBeKnown || field.maxPixels !== undefined,
    },
  ]);
  return Object.freeze({
    ...base,
    limits,
    fields: fields && new Map(fields),
    required: rules.required ?? false,
    authorize: rules.authorize,
    metadata: rules.metadata,
    stallTimeoutMs: rules.stallTimeoutMs ?? 30_000,
    minBytesPerSecond: rules.minBytesPerSecond ?? 1024,
    discardOnError: rules.discardOnError ?? false,
  });
}

function resolveLimits({ limits = {}, fields }: Pick<UploadRules<never>, 'limits' | 'fields'>): Limits {
  const most = {
    ...DEFAULT_LIMITS,
    ...definedOf(limits),
    files: filesOf({ limits, fields }, DEFAULT_LIMITS.files),
  };
  const parts = limits.parts ?? Math.max(DEFAULT_LIMITS.parts, most.files + most.fields);
  return { ...most, parts, requestSize: limits.requestSize ?? largestForm({ ...most, parts }, fields) };
}

const resolved = new WeakMap<object, ResolvedRules<never>>();
const WITHOUT_RULES: UploadRules<never> = {};

/** The same for rules that come with every request: those of one object are resolved once. */
export function resolveRulesOnce<Request>(rules: UploadRules<Request>): ResolvedRules<Request> {
  const key = Object.keys(rules).length === 0 ? WITHOUT_RULES : rules;
  const known = resolved.get(key) ?? resolveRules(rules);
  resolved.set(key, known as ResolvedRules<never>);
  return known as ResolvedRules<Request>;
}

/** What a part has besides its content: a boundary, and headers of at most 16 KiB. */
const PART_OVERHEAD = 17 * 1024;

/** The largest body that the other limits allow, bytes. */
function largestForm(limits: Omit<Limits, 'requestSize'>, fields: readonly FieldRules[] | undefined): number {
  const { files, fileSize } = limits;
  const sizes = fields?.map((field) => field.fileSize ?? fileSize) ?? [fileSize];
  const inFields = fields?.reduce(
    (sum, field, at) => sum + (sizes[at] ?? 0) * Math.min(files, field.maxCount ?? files),
    0,
  );
  const inFiles = Math.min(inFields ?? Number.POSITIVE_INFINITY, files * Math.max(...sizes));
  const parts = Math.min(limits.parts, files + limits.fields);
  return inFiles + limits.fields * limits.fieldSize + (parts + 1) * PART_OVERHEAD;
}

const toTypes = (accept: readonly string[] | undefined): ImageType[] | undefined =>
  accept?.flatMap((claim) => canonicalImageType(claim) ?? []);
