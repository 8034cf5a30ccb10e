import type { ImageType, ImageTypeLike, Orientation } from '../inspect/inspect.ts';
import type { CustomMetadata } from '../service/service.ts';
import type { FormSchema } from './form-schema.ts';

/**
 * Limits of a form, by multer's names. Every default is finite. multer's `headerPairs` is missing because its parser ignores it:
 * the headers of a part are always limited, to 16 KiB in all.
 */
export interface Limits {
  /** Largest file, in bytes. @default 52_428_800 (50 MiB, the default limit of an Imgwire key) */
  readonly fileSize: number;
  /** Most files in a form. @default 10, or what its fields take by their `maxCount` if that is more */
  readonly files: number;
  /** Most text fields in a form. @default 100 */
  readonly fields: number;
  /** Longest text value, in bytes. @default 102_400 (100 KiB, as Express's own body parsers) */
  readonly fieldSize: number;
  /** Longest field name, in bytes. Raise it for forms that nest their fields deeply. @default 100 */
  readonly fieldNameSize: number;
  /**
   * Most parts in a form, files and text fields together. Set it only below that sum.
   * @default 110, or `files` and `fields` together if that is more
   */
  readonly parts: number;
  /** Deepest nesting of a field name: `a[b][c]` has 2 levels. Raise it for forms that nest more. @default 5 */
  readonly fieldNestingDepth: number;
  /** Largest array index in a field name, such as `tags[100]`. Raise it for longer lists. @default 100 */
  readonly fieldArrayIndexLimit: number;
  /**
   * Largest request body, in bytes. multer has no such limit. A larger `Content-Length` is rejected before a byte of the body is
   * read. Set it where a form may have many large files, but not all of them at once.
   * @default the largest form that the other limits, and the rules of the fields, allow
   */
  readonly requestSize: number;
}

/** Some of the limits. */
export type LimitOptions = { readonly [Name in keyof Limits]?: Limits[Name] | undefined };

/** A file of a form, as far as we know it when its upload begins. */
export interface FileInfo {
  /** The form field; empty for a body that is the file itself. */
  readonly fieldname: string;
  /** The client's name of the file. */
  readonly originalname: string;
  /** The type, from the bytes: what the client declares is ignored. */
  readonly mimetype: ImageType;
  /** Width in stored pixels, if the start of the file says it. A GIF, WebP or TIFF may have a larger image further on. */
  readonly width?: number;
  /** Height in pixels, likewise. */
  readonly height?: number;
  /** The EXIF orientation of a JPEG or TIFF, if its start says it: 5 to 8 swap the stored width and height when it is shown. */
  readonly orientation?: Orientation;
  /** The text fields that came before the file, and those after it that have arrived. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The metadata of an image at Imgwire. */
export interface UploadMetadata {
  /** What the image is for, 1 to 255 characters. @default none */
  readonly purpose?: string | undefined;
  /** Your own metadata: a flat object of strings, numbers and booleans. @default none */
  readonly customMetadata?: CustomMetadata | undefined;
  /**
   * A key for which there is one image, 1 to 255 characters. The same key again returns that image, to whoever sends it. If a
   * client chooses it, put the id of its user in front. @default one per upload
   */
  readonly idempotencyKey?: string | undefined;
  /** The name of the file at Imgwire. @default the client's */
  readonly fileName?: string | undefined;
}

/** Rules for the files of one field. What you leave out is as in the rules of the form. */
export interface FieldRules {
  /** The name of the form field. */
  readonly name: string;
  /** Most files in this field. `limits.files` counts the files of all fields. @default no limit but `limits.files` */
  readonly maxCount?: number | undefined;
  /** Whether the form must have a file in this field. @default false */
  readonly required?: boolean | undefined;
  /** Largest file in this field, in bytes. @default `limits.fileSize` */
  readonly fileSize?: number | undefined;
  /** Accepted types, as MIME types. @default the `accept` of the form */
  readonly accept?: readonly ImageTypeLike[] | undefined;
  /** Most pixels, width × height of the largest image in a file. @default the `maxPixels` of the form */
  readonly maxPixels?: number | undefined;
  /** Least width of the largest image in a file, in stored pixels. @default the `minWidth` of the form */
  readonly minWidth?: number | undefined;
  /** Least height, likewise. @default the `minHeight` of the form */
  readonly minHeight?: number | undefined;
}

/**
 * What a form may have, and how its files are uploaded.
 *
 * @typeParam Fields the output of `form`
 */
export interface UploadRules<Request, Fields = unknown> {
  /** Limits of the form and its files: see {@link Limits}. @default each its own */
  readonly limits?: LimitOptions | undefined;
  /** Accepted MIME types, or aliases such as `image/jpg`. The bytes decide. @default the ten of the service */
  readonly accept?: readonly ImageTypeLike[] | undefined;
  /**
   * Most pixels, width × height of the largest image in a file. If you set it, a file whose dimensions cannot be read fails with
   * `PIXELS_UNKNOWN`. Otherwise such a file passes. @default 250_000_000, the service's own limit
   */
  readonly maxPixels?: number | undefined;
  /**
   * Least width of the largest image in a file, in stored pixels. A smaller one is 422 `IMAGE_TOO_SMALL`, before anything is sent where
   * the first bytes say it. With it, a file whose dimensions cannot be read fails with `PIXELS_UNKNOWN`. @default 1
   */
  readonly minWidth?: number | undefined;
  /** Least height, likewise. @default 1 */
  readonly minHeight?: number | undefined;
  /** The fields that take files. @default any field */
  readonly fields?: readonly FieldRules[] | undefined;
  /**
   * A schema for the text fields, of zod, valibot, arktype or any other library of the Standard Schema. Its output takes the place
   * of the fields, in the body too. If they are invalid, the error is `INVALID_FORM` with the issues, and no image is left. A
   * request that is not multipart/form-data is `NOT_MULTIPART`, so no handler gets a body that was not validated.
   *
   * A text in front of a file is judged before that file is stored, even if its name comes again behind it. What is missing or may
   * grow waits for the end of the form. Keep fields that depend on one another on one side of a file. @default any fields
   */
  readonly form?: FormSchema<Fields> | undefined;
  /** Whether the form must have a file. @default false */
  readonly required?: boolean | undefined;
  /**
   * What becomes of the others when a file is rejected for what it is: its type, its size, its pixels, its content. `fail`: nothing of the
   * form is stored. `skip`: they are stored, and the error is in `req.imgwire.rejected`. All else fails the form. @default 'fail'
   */
  readonly onFileError?: 'fail' | 'skip' | undefined;
  /**
   * Decides whether the client may upload, before a byte of the body is read. Only `true` lets it: anything else is 403
   * `FORBIDDEN`. An error that it throws passes through unchanged.
   */
  readonly authorize?: ((req: Request) => boolean | Promise<boolean>) | undefined;
  /**
   * Returns the metadata of each file, once its type is known. An error that it throws fails the request. A value that the
   * service would reject is `INVALID_METADATA`.
   */
  readonly metadata?:
    | ((req: Request, file: FileInfo) => UploadMetadata | undefined | Promise<UploadMetadata | undefined>)
    | undefined;
  /**
   * Looks into each file while it streams, once its type is known: a virus scan, a content check. It reads `bytes`, and returns
   * `true`, `false`, or the reason why the file is rejected. Its verdict is awaited before the last bytes are sent, so what it rejects
   * is never stored: 422 `SCAN_REFUSED`, with the reason as detail. Only `true` lets a file through. If it
   * throws, the request fails: 503 `SCAN_FAILED` with the error as cause, but an error with a 4xx status passes through unchanged.
   * `bytes` are those that are sent: do not change them. @default none
   */
  readonly scan?:
    | ((bytes: AsyncIterable<Uint8Array>, file: FileInfo) => boolean | string | Promise<boolean | string>)
    | undefined;
  /**
   * How long `scan` may take no bytes, and how long its verdict may take after the last one, in milliseconds. Then the request fails
   * with `SCAN_FAILED`. A verdict that takes longer than the object storage waits costs a second PUT, from the replay copy.
   * @default 20_000
   */
  readonly scanTimeoutMs?: number | undefined;
  /**
   * Whether to keep a replay copy of each file above the read-ahead. From it we send the file again if the PUT fails, or if the
   * computed length was wrong. The copy is in memory (`maxReplayBytes`) or in an unlinked temporary file. Without it nothing
   * touches the disk, and those cases are errors. @default true
   */
  readonly replay?: boolean | undefined;
  /**
   * How much of a file we read before we send it, in bytes, at least 65_536. Raise it if your images are a little larger: a
   * file that ends within it needs no copy. @default 262_144
   */
  readonly readAheadBytes?: number | undefined;
  /**
   * Whether to wait until each image is READY, before your handler runs. A number is the longest wait, in milliseconds; `true` is
   * 60_000. @default false
   */
  readonly waitUntilReady?: boolean | number | undefined;
  /**
   * Whether to hash each file while it streams, as `files[].sha256` in hex. If the hash is known before the record is created,
   * the record has it as `hash_sha256`. @default none
   */
  readonly hashAlgorithm?: 'sha256' | undefined;
  /**
   * How long a client may send nothing, in milliseconds. It ends clients that have gone without a word, such as phones without
   * reception. @default 30_000
   */
  readonly stallTimeoutMs?: number | undefined;
  /**
   * How fast a client must send, in bytes per second, averaged over `stallTimeoutMs`. It ends attackers that send one byte at a
   * time, which no stall does. 0 is no minimum. @default 1_024
   */
  readonly minBytesPerSecond?: number | undefined;
  /**
   * Whether to delete the images of a request whose response is an error. That is a 4xx or 5xx, or a response that is not sent
   * completely. Without an adapter, pass the response to `receive()`. @default false
   */
  readonly discardOnError?: boolean | undefined;
}

/** The rules that only a form has. */
type FormRule = 'limits' | 'fields' | 'form' | 'onFileError';

/** How a body that is the image itself is uploaded: the rules of a form, without what only a form has. */
export interface BodyRules<Request> extends Omit<UploadRules<Request>, FormRule> {
  /** The limit of the file. @default its own */
  readonly limits?: Pick<LimitOptions, 'fileSize'> | undefined;
}

/** The rules of one file. */
export interface FileRules {
  readonly fileSize: number;
  readonly accept: readonly ImageType[];
  readonly maxPixels: number;
  /** Least width of an image, in pixels. */
  readonly minWidth: number;
  readonly minHeight: number;
  /** Whether an image of unknown dimensions is rejected: when the user has set a limit of them. */
  readonly pixelsMustBeKnown: boolean;
  readonly readAheadBytes: number;
  readonly replay: boolean;
  /** Longest wait for READY, in milliseconds; undefined for none. */
  readonly readyTimeoutMs?: number;
  /** The hash algorithm; undefined for none. */
  readonly hashAlgorithm?: 'sha256';
  /** Longest wait for a scan, in milliseconds. */
  readonly scanTimeoutMs: number;
}

/** {@link UploadRules} with the defaults filled in. */
export interface ResolvedRules<Request, Fields = unknown> extends FileRules {
  readonly limits: Limits;
  readonly fields: ReadonlyMap<string, FieldRules & FileRules> | undefined;
  readonly form: FormSchema<Fields> | undefined;
  readonly required: boolean;
  readonly onFileError: 'fail' | 'skip';
  readonly authorize: UploadRules<Request>['authorize'];
  readonly metadata: UploadRules<Request>['metadata'];
  readonly scan: UploadRules<Request>['scan'];
  readonly stallTimeoutMs: number;
  readonly minBytesPerSecond: number;
  readonly discardOnError: boolean;
}
