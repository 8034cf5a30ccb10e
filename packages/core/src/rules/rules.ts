import type { ImageType, ImageTypeLike } from '../inspect/inspect.ts';
import type { CustomMetadata } from '../service/service.ts';

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
  readonly hashAlgorithm?: 'sha256' | undefined;
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
  readonly hashAlgorithm?: 'sha256';
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
